"""The contract itself: its names and comments, as Google's API guide and buf's lint want them."""

import re
import subprocess
import sys

import pytest
from google.protobuf import descriptor_pb2

import contract

PROTO = contract.PROTO_ROOT
FILES = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("cachemanager/v1/*.proto"))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The project's own files as descriptors with their comments."""
    out = tmp_path_factory.mktemp("contract") / "set"
    arguments = [f"-I{PROTO}", f"--descriptor_set_out={out}", "--include_source_info", *FILES]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], check=True)
    found = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    assert {each.name for each in found} == set(FILES)
    return found


def declarations(file):
    """Everything that is declared, as (name, kind, path within the file)."""
    for number, message in enumerate(file.message_type):
        yield message.name, "message", (4, number)
        for index, field in enumerate(message.field):
            yield f"{message.name}.{field.name}", "field", (4, number, 2, index)
    for number, enum in enumerate(file.enum_type):
        yield enum.name, "enum", (5, number)
        for index, value in enumerate(enum.value):
            yield f"{enum.name}.{value.name}", "value", (5, number, 2, index)
    for number, service in enumerate(file.service):
        yield service.name, "service", (6, number)
        for index, method in enumerate(service.method):
            yield f"{service.name}.{method.name}", "method", (6, number, 2, index)


def test_everything_has_a_comment(files):
    for file in files:
        comments = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
        bare = [name for name, _, path in declarations(file) if not comments.get(path, "").strip()]
        assert not bare, file.name


def test_names_are_in_the_usual_cases(files):
    cases = {
        "message": r"[A-Z][A-Za-z0-9]*",
        "enum": r"[A-Z][A-Za-z0-9]*",
        "service": r"[A-Z][A-Za-z0-9]*",
        "method": r"[A-Z][A-Za-z0-9]*",
        "field": r"[a-z][a-z0-9]*(_[a-z0-9]+)*",
        "value": r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*",
    }
    for file in files:
        for name, kind, _ in declarations(file):
            assert re.fullmatch(cases[kind], name.split(".")[-1]), f"{file.name}: {name}"


def test_enum_values_carry_the_name_of_their_enum_and_begin_unspecified(files):
    for file in files:
        for enum in file.enum_type:
            prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.name).upper() + "_"
            assert enum.value[0].name == prefix + "UNSPECIFIED" and enum.value[0].number == 0
            assert all(value.name.startswith(prefix) for value in enum.value), enum.name


def test_each_method_has_a_request_and_a_response_of_its_own(files):
    for file in files:
        for service in file.service:
            for method in service.method:
                assert method.input_type == f".{file.package}.{method.name}Request"
                assert method.output_type == f".{file.package}.{method.name}Response"


def test_the_package_is_versioned_and_where_its_folder_is(files):
    for file in files:
        assert file.package == "cachemanager.v1"
        assert file.name.startswith(file.package.replace(".", "/") + "/")
        assert file.syntax == "proto3" and file.options.go_package and file.options.java_package


def test_no_field_needs_a_generator_that_protobuf_c_lacks(files):
    for file in files:
        for message in file.message_type:
            assert not any(field.proto3_optional for field in message.field), message.name
