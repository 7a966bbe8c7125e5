#!/usr/bin/env python3
"""A chat client of Python's standard library alone, written from chat-protocol(7) and nothing else.

    chat_client.py --server 127.0.0.1:7420 --pin SHA256:... --user alice --password-file FILE send bob < body
    chat_client.py ... listen --count 3

`send` prints the acknowledgement, `listen` each message, as a line of JSON.
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import socket
import ssl
import struct
import sys
import time
import uuid

CLIENT_HELLO, LOGIN_BY_PASSWORD, SUBSCRIBE, APPEND, ACKNOWLEDGE = 1, 2, 5, 6, 7
OPEN_CONVERSATION, LOOK_UP_ACCOUNTS, LOOK_UP_CONVERSATIONS = 9, 10, 11
FAILURE, DONE, WELCOME, APPENDED, CONVERSATIONS, ACCOUNTS = 128, 129, 130, 131, 132, 133
SERVER_HELLO, ENTRY, GAP, LIVE = 192, 193, 194, 195
PLAIN_CONTENT, TEXT, STORED, UNSEEN, DIRECT = 1, 1, 1, 1, 1


# The presentation language.


def length(n):
    if n < 64:
        return struct.pack(">B", n)
    if n < 16384:
        return struct.pack(">H", n | 0x4000)
    return struct.pack(">I", n | 0x80000000)


def vector(data):
    return length(len(data)) + data


def text(string):
    return vector(string.encode())


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise ValueError("truncated")
        self.at += n
        return self.data[self.at - n : self.at]

    def uint(self, size):
        return int.from_bytes(self.take(size), "big")

    def vector(self):
        size = 1 << (self.data[self.at] >> 6)
        if size == 8:
            raise ValueError("a length begins with the bits 11")
        return self.take(self.uint(size) & ((1 << (8 * size - 2)) - 1))

    def text(self):
        return self.vector().decode()

    def optional(self, read):
        return read() if self.uint(1) else None

    def many(self, read):
        inner, values = Reader(self.vector()), []
        while inner.at < len(inner.data):
            values.append(read(inner))
        return values


def account_record(r):
    return {"id": r.take(16), "name": r.text(), "display_name": r.text(), "flags": r.uint(1)}


def conversation_record(r):
    return {"id": r.take(16), "type": r.uint(1), "members": r.many(account_record), "head": r.uint(8), "epoch": r.uint(8)}


def content(body):
    now = int(time.time() * 1000)
    return bytes([TEXT]) + text(body) + b"\0" + struct.pack(">Q", now) + b"\0" + vector(b"")


# The connection.


class Refused(Exception):
    def __init__(self, body):
        r = Reader(body)
        self.code, sentence = r.uint(2), r.text()
        super().__init__(f"error {self.code}: {sentence}")


def fingerprint(certificate):
    """SHA-256 of the SubjectPublicKeyInfo: the seventh field of the certificate's first, behind [0] version."""

    def element(data, at):
        start, size = at + 2, data[at + 1]
        if size & 0x80:
            count = size & 0x7F
            start, size = start + count, int.from_bytes(data[start : start + count], "big")
        return start, start + size

    at, _ = element(certificate, 0)
    at, _ = element(certificate, at)
    for _ in range(6):  # version, serial, signature, issuer, validity, subject
        _, at = element(certificate, at)
    _, end = element(certificate, at)
    digest = hashlib.sha256(certificate[at:end]).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class Connection:
    def __init__(self, server, pin):
        host, port = server.rsplit(":", 1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["chat/0"])
        if pin:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        else:
            context.load_default_certs()
        tcp = socket.create_connection((host.strip("[]"), int(port)), timeout=30)
        self.tls = context.wrap_socket(tcp, server_hostname=host.strip("[]"))
        if self.tls.selected_alpn_protocol() != "chat/0":
            raise SystemExit("the server does not speak chat/0")
        if pin and fingerprint(self.tls.getpeercert(binary_form=True)) != pin:
            raise SystemExit("the server has another key")
        self.correlation, self.events = 0, []

    def send(self, kind, body):
        self.correlation += 1
        self.tls.sendall(struct.pack(">IBI", 5 + len(body), kind, self.correlation) + body)
        return self.correlation

    def exactly(self, n):
        data = b""
        while len(data) < n:
            part = self.tls.recv(n - len(data))
            if not part:
                raise SystemExit("the server closed the connection")
            data += part
        return data

    def receive(self):
        size, kind, correlation = struct.unpack(">IBI", self.exactly(9))
        body = self.exactly(size - 5)
        if kind == FAILURE:
            raise Refused(body)
        return kind, correlation, body

    def reply(self, correlation, expected):
        """The reply to a request; events that come first are kept."""
        while True:
            kind, got, body = self.receive()
            if got == correlation and kind == expected:
                return Reader(body)
            self.events.append((kind, body))

    def request(self, kind, body, expected):
        return self.reply(self.send(kind, body), expected)

    def close(self):
        """Says close_notify, so that what was sent last is not lost in a reset."""
        try:
            self.tls.unwrap().close()
        except (OSError, ValueError):
            self.tls.close()

    def event(self):
        if self.events:
            return self.events.pop(0)
        kind, _, body = self.receive()
        return kind, body


class Client:
    def __init__(self, connection, user, password, device_file=None):
        self.c, self.names, self.directs = connection, {}, {}
        existing = None
        if device_file and os.path.exists(device_file):
            with open(device_file, "rb") as file:
                existing = file.read(16)
        # Hello and login in one flight: a login by password has nothing to sign.
        connection.send(CLIENT_HELLO, secrets.token_bytes(32) + text("chat_client.py") + vector(b""))
        device = text("python") + vector(b"") + vector(b"")
        known = b"\1" + existing if existing else b"\0"
        r = connection.request(LOGIN_BY_PASSWORD, text(user) + vector(password) + known + device, WELCOME)
        self.account, self.device, _ = account_record(r), r.take(16), r.text()
        r.take(16), r.take(16)  # server, generation
        self.everyone = r.take(16)
        if device_file:
            with open(device_file, "wb") as file:
                file.write(self.device)

    def send(self, to, body):
        if to is None:
            conversation = self.everyone
        else:
            found = self.c.request(OPEN_CONVERSATION, text(to), CONVERSATIONS)
            conversation = found.many(conversation_record)[0]["id"]
        payload, message = content(body), uuid.uuid4()
        append = conversation + message.bytes + bytes([PLAIN_CONTENT, 0, 0]) + vector(payload)
        r = self.c.request(APPEND, append, APPENDED)
        r.take(32)  # conversation, id
        seq, taken, digest = r.uint(8), r.uint(8), r.take(32)
        if digest != hashlib.sha256(payload).digest():
            raise SystemExit("the server stored something else")
        return {"id": str(message), "seq": seq, "time": taken}

    def listen(self, count):
        """Yields messages, acknowledging each when it was handled; `count` of them, or without end for 0."""
        self.c.request(SUBSCRIBE, b"\0", DONE)
        yielded = 0
        while not count or yielded < count:
            kind, body = self.c.event()
            if kind != ENTRY:
                continue
            r = Reader(body)
            conversation, seq, message, sender, _ = r.take(16), r.uint(8), r.take(16), r.take(16), r.take(16)
            payload_kind, taken, payload = r.uint(1), r.uint(8), Reader(r.vector())
            if payload_kind == PLAIN_CONTENT and payload.uint(1) == TEXT:
                yielded += 1
                yield {
                    "id": str(uuid.UUID(bytes=message)), "seq": seq, "time": taken, "from": self.name(sender),
                    "direct": self.is_direct(conversation), "body": payload.text(),
                    "reply_to": payload.optional(lambda: str(uuid.UUID(bytes=payload.take(16)))),
                }
            self.c.send(ACKNOWLEDGE, vector(conversation + struct.pack(">QB", seq, STORED)))
        self.c.close()

    def name(self, account):
        if account not in self.names:
            found = self.c.request(LOOK_UP_ACCOUNTS, vector(account), ACCOUNTS).many(account_record)
            self.names[account] = found[0]["name"] if found else account.hex()
        return self.names[account]

    def is_direct(self, conversation):
        if conversation not in self.directs:
            found = self.c.request(LOOK_UP_CONVERSATIONS, vector(conversation), CONVERSATIONS)
            self.directs[conversation] = found.many(conversation_record)[0]["type"] == DIRECT
        return self.directs[conversation]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="127.0.0.1:7420")
    parser.add_argument("--pin")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password-file", required=True)
    parser.add_argument("--device-file")
    commands = parser.add_subparsers(dest="command", required=True)
    send = commands.add_parser("send")
    send.add_argument("to", nargs="?", help="without it: to everyone")
    listen = commands.add_parser("listen")
    listen.add_argument("--count", type=int, default=0)
    arguments = parser.parse_args()

    with open(arguments.password_file, "rb") as file:
        password = file.readline().rstrip(b"\n")
    connection = Connection(arguments.server, arguments.pin)
    client = Client(connection, arguments.user, password, arguments.device_file)
    if arguments.command == "send":
        print(json.dumps(client.send(arguments.to, sys.stdin.read())))
        return
    for message in client.listen(arguments.count):
        print(json.dumps(message), flush=True)


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(str(refused))
