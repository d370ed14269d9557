# The peer on Python's ssl: see program.ts for what it is asked and what it answers.
# What cannot be asked of an SSLSocket is read from the messages that SSLContext._msg_callback shows.

import json
import platform
import socket
import ssl
import sys

TIMEOUT_S = 60
HANDSHAKE, ALERT = 22, 21
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_VERIFY, KEY_UPDATE = 1, 2, 11, 12, 15, 24
ENCRYPT_THEN_MAC, EXTENDED_MAIN_SECRET, KEY_SHARE = 22, 23, 51
# RFC 9846 §4.2.4: the Random of a HelloRetryRequest begins so.
RETRY_RANDOM = bytes.fromhex("cf21ad74")
# OpenSSL's names.
CURVES = {"secp256r1": "prime256v1", "x25519": "X25519", "x448": "X448"}


def say(value):
    print(json.dumps(value), flush=True)


class Messages:
    """What the message callback of one connection has shown."""

    def __init__(self, role):
        self.facts = {"clientScheme": None, "helloRetryRequest": False, "keyUpdates": 0, "alerts": [], "closed": False}
        self.role = role

    def __call__(self, connection, direction, version, content_type, message_type, data):
        if content_type == ALERT and direction == "read":
            if data[1] == 0:
                self.facts["closed"] = True
            else:
                self.facts["alerts"].append(data[1])
        if content_type != HANDSHAKE:
            return
        by_client = (self.role == "client") == (direction == "write")
        body = data[4:]
        if data[0] == SERVER_HELLO:
            if body[2:6] == RETRY_RANDOM:
                self.facts["helloRetryRequest"] = True
            else:
                extensions = extensions_of(body)
                share = extensions.get(KEY_SHARE)
                self.facts["group"] = int.from_bytes(share[:2], "big") if share else None
                self.facts["extendedMainSecret"] = EXTENDED_MAIN_SECRET in extensions
                self.facts["encryptThenMac"] = ENCRYPT_THEN_MAC in extensions
        elif data[0] == SERVER_KEY_EXCHANGE:
            # RFC 8422 §5.4: named_curve, the group, the point with its length; then the scheme.
            self.facts["group"] = int.from_bytes(body[1:3], "big")
            self.facts["serverScheme"] = int.from_bytes(body[4 + body[3] : 6 + body[3]], "big")
        elif data[0] == CERTIFICATE and by_client:
            # An empty context, and a list that may be empty.
            self.facts["clientCertificate"] = len(body) > 4
        elif data[0] == CERTIFICATE_VERIFY:
            self.facts["clientScheme" if by_client else "serverScheme"] = int.from_bytes(body[:2], "big")
        elif data[0] == KEY_UPDATE and direction == "read":
            self.facts["keyUpdates"] += 1


def extensions_of(server_hello):
    at = 2 + 32
    at += 1 + server_hello[at] + 3 + 2
    extensions = {}
    while at < len(server_hello):
        kind, length = (int.from_bytes(server_hello[at + i : at + i + 2], "big") for i in (0, 2))
        extensions[kind] = server_hello[at + 4 : at + 4 + length]
        at += 4 + length
    return extensions


def make_context(command, role, messages):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if role == "client" else ssl.PROTOCOL_TLS_SERVER)
    versions = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
    context.minimum_version = versions[command["versions"][0]]
    context.maximum_version = versions[command["versions"][-1]]
    if command["ciphers"]:
        context.set_ciphers(command["ciphers"])
    context.load_verify_locations(command["ca"])
    if command["chain"]:
        context.load_cert_chain(command["chain"], command["key"])
    if command["alpn"]:
        context.set_alpn_protocols(command["alpn"])
    # Its call takes one group; a server has no need of the others, which are for its own certificate.
    if command["groups"] and (len(command["groups"]) == 1 or role == "server"):
        name = command["groups"][0]
        context.set_ecdh_curve(CURVES.get(name, name))
    context._msg_callback = messages
    return context


def describe(connection):
    return {
        "protocol": connection.version(),
        "cipher": connection.cipher()[0],
        "alpn": connection.selected_alpn_protocol(),
    }


def be_client(command):
    messages = Messages("client")
    context = make_context(command, "client", messages)
    context.check_hostname = command["sni"]
    answer = messages.facts
    try:
        raw = socket.create_connection(("127.0.0.1", command["port"]), TIMEOUT_S)
        with raw, context.wrap_socket(
            raw, server_hostname=command["name"] if command["sni"] else None, suppress_ragged_eofs=False
        ) as connection:
            answer.update(describe(connection))
            answer["serverName"] = connection.server_hostname
            answer["echoed"] = 0
            for path in command["payloads"]:
                with open(path, "rb") as file:
                    payload = file.read()
                connection.sendall(payload)
                if read_exactly(connection, len(payload)) != payload:
                    raise ValueError(f"{len(payload)} bytes came back changed")
                answer["echoed"] += len(payload)
            # Sends close_notify and waits for ours.
            connection.unwrap()
    except (OSError, ValueError) as error:
        answer["error"] = str(error)
    return answer


def be_server(command):
    messages = Messages("server")
    context = make_context(command, "server", messages)
    context.verify_mode = {"none": ssl.CERT_NONE, "request": ssl.CERT_OPTIONAL, "require": ssl.CERT_REQUIRED}[
        command["clientAuth"]
    ]
    names = []
    context.sni_callback = lambda connection, name, _: names.append(name)
    answer = messages.facts
    answer["clientCertificate"] = False
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT_S)
        say({"port": listener.getsockname()[1]})
        try:
            raw, _ = listener.accept()
            raw.settimeout(TIMEOUT_S)
            with raw, context.wrap_socket(raw, server_side=True, suppress_ragged_eofs=False) as connection:
                answer.update(describe(connection))
                answer["serverName"] = names[-1] if names else None
                while data := connection.recv(65536):
                    connection.sendall(data)
                connection.unwrap()
        except OSError as error:
            answer["error"] = str(error)
    return answer


def read_exactly(connection, length):
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise ValueError(f"the data ended after {len(data)} of {length} bytes")
        data += part
    return data


say({"version": platform.python_version(), "openssl": ssl.OPENSSL_VERSION.split()[1]})
for line in sys.stdin:
    task = json.loads(line)
    try:
        say(be_client(task) if task["do"] == "connect" else be_server(task))
    except Exception as error:  # The next connection is another one.
        say({"error": repr(error)})
