"""The server of the interop tests, and the client code of `grpc.testing` for it."""

import importlib
import os
import pathlib
import tempfile

import grpc_tools
from grpc_tools import protoc

import contract
from server_process import ServerProcess

# Debian's package grpc-proto.
PROTO_ROOT = pathlib.Path("/usr/share/grpc-proto")
SERVICE = "grpc.testing.TestService"

_generated = tempfile.TemporaryDirectory(prefix="cache-manager-interop-")


def _generate():
    if not PROTO_ROOT.is_dir():
        raise RuntimeError(f"{PROTO_ROOT} is missing: run `make deps`, which installs grpc-proto")
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    arguments = [
        "protoc",
        f"-I{PROTO_ROOT}",
        f"-I{well_known}",
        f"--python_out={_generated.name}",
        f"--grpc_python_out={_generated.name}",
        *[f"grpc/testing/{name}.proto" for name in ("empty", "messages", "test")],
    ]
    if protoc.main(arguments) != 0:
        raise RuntimeError(f"protoc could not generate clients from {PROTO_ROOT}")


def _load(name):
    """A generated module. Its package is called `grpc`, as is the library, so that the library's
    own search path has to lead to it."""
    import grpc

    folder = str(pathlib.Path(_generated.name) / "grpc")
    if folder not in grpc.__path__:
        grpc.__path__.append(folder)
    return importlib.import_module(f"grpc.testing.{name}")


_generate()

empty = _load("empty_pb2")
messages = _load("messages_pb2")
services = _load("test_pb2_grpc")


def path(method):
    """The `:path` of a method of the test service."""
    return f"/{SERVICE}/{method}"


class InteropServer(ServerProcess):
    """A running `interop-server` on a free port of 127.0.0.1; with `certificate` and `key` over
    TLS."""

    def _command(self, config, settings):
        default = contract.PROJECT / ".build/debug/interop-server"
        program = os.environ.get("INTEROP_SERVER_BIN", str(default))
        files = [str(settings[name]) for name in ("certificate", "key") if name in settings]
        return [program, "0", *files]

    @property
    def test(self):
        """A TestService stub of the server's first channel."""
        return services.TestServiceStub(self.channel)
