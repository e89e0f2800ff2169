"""What tests expect of time and of refusals: conditions with a deadline, statuses with details."""

import time

import grpc
import pytest
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

PATIENCE_SECONDS = 30
DOMAIN = "cachemanager.v1"


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
    """The first true value of the condition, asked again and again until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"never came true in {seconds} s: {what}"
        time.sleep(0.01)


def duration(seconds):
    """A `google.protobuf.Duration`."""
    whole = int(seconds)
    return duration_pb2.Duration(seconds=whole, nanos=round((seconds - whole) * 1e9))


def seconds_of(timestamp):
    """A `google.protobuf.Timestamp` as seconds since 1970."""
    return timestamp.seconds + timestamp.nanos / 1e9


def refused(call, code, *fields):
    """Makes the call, which must fail with this code and name one of these fields.

    A field is named twice: the message begins with it, and the ErrorInfo carries it.
    """
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error = caught.value
    assert error.code() == code, f"{error.code()}: {error.details()}"
    assert error.details(), "a refusal says what is wrong"
    if fields:
        assert error.details().startswith(fields), error.details()
        info = error_info(error)
        assert info.domain == DOMAIN
        assert info.reason and info.reason.upper() == info.reason
        assert info.metadata["field"].startswith(fields), dict(info.metadata)
    return error


def error_info(error):
    """The ErrorInfo of a failed call; its Status must agree with the call's own status."""
    status = rpc_status.from_call(error)
    assert status is not None, f"no google.rpc.Status details: {error.details()}"
    assert status.code == error.code().value[0]
    assert status.message == error.details()
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            return info
    raise AssertionError(f"no ErrorInfo among the details of: {error.details()}")
