"""The client code of proto/, generated once per run with grpc_tools, as any client would do it."""

import importlib
import pathlib
import sys
import tempfile

import grpc_tools
from grpc_tools import protoc

PROJECT = pathlib.Path(__file__).resolve().parents[3]
PROTO_ROOT = PROJECT / "proto"

_generated = tempfile.TemporaryDirectory(prefix="cache-manager-contract-")


def _generate():
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    files = sorted(PROTO_ROOT.glob("cachemanager/v1/*.proto"))
    arguments = [
        "protoc",
        f"-I{PROTO_ROOT}",
        f"-I{well_known}",
        f"--python_out={_generated.name}",
        f"--grpc_python_out={_generated.name}",
        *[str(file) for file in files],
    ]
    if protoc.main(arguments) != 0:
        raise RuntimeError(f"protoc could not generate clients from {PROTO_ROOT}")
    sys.path.insert(0, _generated.name)


_generate()

cache = importlib.import_module("cachemanager.v1.cache_pb2")
cache_grpc = importlib.import_module("cachemanager.v1.cache_pb2_grpc")
events = importlib.import_module("cachemanager.v1.invalidation_pb2")
stats = importlib.import_module("cachemanager.v1.stats_pb2")

SERVICE = "cachemanager.v1.Cache"


def path(method):
    """The `:path` of a method of the Cache service."""
    return f"/{SERVICE}/{method}"
