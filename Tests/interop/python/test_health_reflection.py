"""Health and reflection: what tools without a file of ours see, and calls built from it alone."""

import signal

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2 as reflection

from contract import SERVICE, events, path
from contract import cache as pb
from expectations import refused
from raw_http2 import DATA, GOAWAY, message

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
NOT_FOUND = grpc.StatusCode.NOT_FOUND

# The same messages under two names; clients of either must be served.
REFLECTION = ["grpc.reflection.v1", "grpc.reflection.v1alpha"]


@pytest.fixture
def health(shared_server):
    return health_pb2_grpc.HealthStub(shared_server.channel)


class Reflection:
    """One ServerReflectionInfo stream, asked and answered in turn."""

    def __init__(self, server, package):
        self._call = server.channel.stream_stream(
            f"/{package}.ServerReflection/ServerReflectionInfo",
            reflection.ServerReflectionRequest.SerializeToString,
            reflection.ServerReflectionResponse.FromString,
        )

    def ask_all(self, *requests):
        """The answers to all of these on one stream."""
        answers = list(self._call(iter(requests), timeout=30))
        assert [answer.original_request for answer in answers] == list(requests)
        return answers

    def ask(self, **question):
        return self.ask_all(reflection.ServerReflectionRequest(host="h", **question))[0]

    def services(self):
        answer = self.ask(list_services="")
        return {service.name for service in answer.list_services_response.service}

    def files(self, **question):
        """The files of an answer, by name."""
        answer = self.ask(**question)
        assert not answer.HasField("error_response"), answer
        parsed = [
            descriptor_pb2.FileDescriptorProto.FromString(each)
            for each in answer.file_descriptor_response.file_descriptor_proto
        ]
        return {file.name: file for file in parsed}

    def pool_for(self, symbol):
        """A descriptor pool with the symbol and all it depends on, file by file."""
        files = self.files(file_containing_symbol=symbol)
        missing = [name for file in files.values() for name in file.dependency]
        while missing:
            name = missing.pop()
            if name not in files:
                file = self.files(file_by_filename=name)[name]
                files[name] = file
                missing += file.dependency
        pool, added = descriptor_pool.DescriptorPool(), set()

        def add(file):
            if file.name not in added:
                added.add(file.name)
                for name in file.dependency:
                    add(files[name])
                pool.Add(file)

        for file in files.values():
            add(file)
        return pool


@pytest.fixture(params=REFLECTION)
def reflected(request, shared_server):
    return Reflection(shared_server, request.param)


# Health


@pytest.mark.parametrize("service", ["", SERVICE])
def test_check_says_serving(health, service):
    answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
    assert answer.status == SERVING


def test_check_of_an_unknown_service_is_not_found(health):
    request = health_pb2.HealthCheckRequest(service="no.such.Service")
    refused(lambda: health.Check(request, timeout=30), NOT_FOUND)


def test_list_names_every_service(health):
    statuses = health.List(health_pb2.HealthListRequest(), timeout=30).statuses
    assert {"", SERVICE} <= set(statuses)
    assert {each.status for each in statuses.values()} == {SERVING}


@pytest.mark.parametrize(
    "service, status", [("", SERVING), (SERVICE, SERVING), ("no.such.Service", SERVICE_UNKNOWN)]
)
def test_watch_answers_at_once_and_stays_open(health, service, status):
    call = health.Watch(health_pb2.HealthCheckRequest(service=service), timeout=60)
    assert next(call).status == status
    assert call.is_active()
    call.cancel()


def test_watch_tells_of_the_end_before_the_connection_drains(server, raw):
    connection = raw(server)
    stream = connection.open("/grpc.health.v1.Health/Watch")
    request = health_pb2.HealthCheckRequest(service=SERVICE).SerializeToString()
    connection.send(stream, message(request), end=True)
    connection.read_until(stream, lambda answer: answer.messages(), "the first status")
    server.signal(signal.SIGTERM)
    connection.read_until_closed()

    parse = health_pb2.HealthCheckResponse.FromString
    told = [parse(each).status for each in connection.answers[stream].messages()]
    assert told == [SERVING, NOT_SERVING]
    kinds = [(kind, number) for kind, _, number, _ in connection.frames]
    last_status = max(i for i, kind in enumerate(kinds) if kind == (DATA, stream))
    assert (GOAWAY, 0) in kinds[last_status:], "draining begins after the news"
    assert (GOAWAY, 0) not in kinds[:last_status]
    assert server.wait_for_exit() == 0


# Reflection


def test_services_are_listed(reflected):
    expected = {SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"}
    expected.add("grpc.reflection.v1alpha.ServerReflection")
    assert expected <= reflected.services()


def test_every_listed_service_is_described_down_to_its_last_dependency(reflected):
    for service in reflected.services():
        pool = reflected.pool_for(service)
        for method in pool.FindServiceByName(service).methods:
            assert method.input_type.file and method.output_type.file


@pytest.mark.parametrize(
    "symbol, file",
    [
        (SERVICE, "cachemanager/v1/cache.proto"),
        (f"{SERVICE}.Get", "cachemanager/v1/cache.proto"),
        (f"{SERVICE}.StreamInvalidations", "cachemanager/v1/cache.proto"),
        ("cachemanager.v1.GetRequest", "cachemanager/v1/cache.proto"),
        ("cachemanager.v1.GetResponse.MetadataEntry", "cachemanager/v1/cache.proto"),
        ("cachemanager.v1.NotStoredReason", "cachemanager/v1/cache.proto"),
        ("cachemanager.v1.Event", "cachemanager/v1/invalidation.proto"),
        ("cachemanager.v1.Counters", "cachemanager/v1/stats.proto"),
        ("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
        ("google.rpc.ErrorInfo", "google/rpc/error_details.proto"),
    ],
)
def test_a_symbol_leads_to_its_file(reflected, symbol, file):
    assert file in reflected.files(file_containing_symbol=symbol)


def test_a_file_is_found_by_its_name(reflected):
    name = "cachemanager/v1/stats.proto"
    file = reflected.files(file_by_filename=name)[name]
    assert file.package == "cachemanager.v1"
    assert {"StatsRequest", "Counters"} <= {each.name for each in file.message_type}


def test_the_reflected_contract_is_the_one_in_the_project(reflected):
    for module in (pb, events):
        name = module.DESCRIPTOR.name
        expected = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(expected)
        served = reflected.files(file_by_filename=name)[name]
        assert [each.name for each in served.message_type] == [
            each.name for each in expected.message_type
        ]
        for ours, theirs in zip(expected.message_type, served.message_type, strict=True):
            assert [(f.name, f.number, f.type) for f in ours.field] == [
                (f.name, f.number, f.type) for f in theirs.field
            ]


def test_an_unknown_name_is_an_answer_and_the_stream_lives_on(reflected):
    def question(**fields):
        return reflection.ServerReflectionRequest(**fields)

    answers = reflected.ask_all(
        question(file_by_filename="no/such.proto"),
        question(file_containing_symbol="no.such.Symbol"),
        question(file_containing_symbol=""),
        question(
            file_containing_extension=reflection.ExtensionRequest(
                containing_type="cachemanager.v1.GetRequest", extension_number=1000
            )
        ),
        question(list_services="*"),
    )
    for answer in answers[:4]:
        assert answer.error_response.error_code == NOT_FOUND.value[0], answer
        assert answer.error_response.error_message
    assert len(answers[4].list_services_response.service) >= 4


def test_a_call_is_built_from_reflection_alone(reflected, shared_server):
    """As grpcurl does it: JSON in, JSON out, and nothing known beforehand but a name."""
    pool = reflected.pool_for(SERVICE)

    def call(method, body):
        described = pool.FindServiceByName(SERVICE).FindMethodByName(method)
        request = message_factory.GetMessageClass(described.input_type)()
        json_format.ParseDict(body, request)
        answer = shared_server.channel.unary_unary(
            path(method),
            lambda each: each.SerializeToString(),
            message_factory.GetMessageClass(described.output_type).FromString,
        )(request, timeout=30)
        return json_format.MessageToDict(answer, preserving_proto_field_name=True)

    written = call(
        "Set",
        {"key": "json:1", "value": "eyJhIjoxfQ==", "ttl": "300s", "metadata": {"a": "b"}},
    )
    assert written["stored"] is True and "expires_at" in written
    entry = call("Get", {"key": "json:1", "mode": "READ_MODE_CACHED_ONLY"})
    assert entry["hit"] is True and entry["value"] == "eyJhIjoxfQ=="
    assert entry["metadata"] == {"a": "b"} and entry["source"] == "SOURCE_L1"
    gone = call("Invalidate", {"pattern": "json:*", "reason": "by hand"})
    assert gone["invalidated"] == "1" and gone["success"] is True
