"""One unary call through grpcio; prints the answer in hex. Run by the project's .venv.

usage: grpcio_get.py ADDRESS PATH REQUEST_IN_HEX; exits 3 where grpcio is not installed
"""

import sys

try:
    import grpc
except ImportError:
    sys.exit(3)

address, path, request = sys.argv[1:]
with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
    print(channel.unary_unary(path, None, None)(bytes.fromhex(request), timeout=30).hex())
