"""A folder of certificates as `make certs` writes it, and TLS connections to look at."""

import pathlib
import socket
import ssl
import subprocess

import contract


class Certificates:
    """An authority with a server's and a client's certificate."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.renew()

    def renew(self):
        """Makes the certificates anew; the authority stays."""
        command = [str(contract.PROJECT / "scripts/certs"), str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, f"scripts/certs failed:\n{done.stdout}{done.stderr}"

    def path(self, name):
        return str(self.folder / name)

    def read(self, name):
        return (self.folder / name).read_bytes()

    def settings(self, **more):
        """What a server needs to show its certificate."""
        own = {"tls_certificate": self.path("server.pem"), "tls_key": self.path("server-key.pem")}
        return own | more

    def client_context(self, protocols=("h2",), with_certificate=False):
        """Python's own TLS, trusting the authority."""
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        if with_certificate:
            context.load_cert_chain(self.path("client.pem"), self.path("client-key.pem"))
        return context


def connect(server, context, **options):
    """An established TLS connection to the server."""
    plain = socket.create_connection((server.host, server.port), timeout=30)
    try:
        return context.wrap_socket(plain, server_hostname="localhost", **options)
    except BaseException:
        plain.close()
        raise


def served_certificate(server, certificates):
    """What the server shows now, in PEM."""
    context = certificates.client_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with connect(server, context) as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True)).encode()
