"""Resumes sessions: `client VERSION PORT CA COUNT` visits a page so often, `server VERSION CHAIN KEY` answers lines until it is killed."""

import socket
import ssl
import sys

PAGE = b"GET / HTTP/1.0\r\n\r\n"
VERSION = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[sys.argv[2]]


def client(port, ca, count):
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = VERSION
    session = None
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
                tls.sendall(PAGE)
                while tls.recv(65536):
                    pass
                print("reused" if tls.session_reused else "full", flush=True)
                session = tls.session


def server(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = VERSION
    context.load_cert_chain(chain, key)
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening", listener.getsockname()[1], flush=True)
    while True:
        raw, _ = listener.accept()
        with context.wrap_socket(raw, server_side=True) as tls:
            tls.sendall(tls.recv(65536))
            print("reused" if tls.session_reused else "full", flush=True)
            tls.unwrap()


if sys.argv[1] == "client":
    client(int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
else:
    server(sys.argv[3], sys.argv[4])
