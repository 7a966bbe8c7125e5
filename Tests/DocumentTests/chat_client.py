#!/usr/bin/env python3
"""A chat client of Python's standard library alone, written from chat-protocol(7) and nothing else.

    chat_client.py --server 127.0.0.1:7420 --pin SHA256:... --user alice --password-file FILE who bob
    chat_client.py ... chain bob
    chat_client.py ... log [bob]
    chat_client.py ... send [bob] < body

`who` prints how a user is told, `chain` the links of his key, which it follows from the first to the head, and `log` the entries of a
conversation (without a name: of everyone), of whose messages this device has no key: each as a line of JSON. It encrypts nothing, so
`send` writes plainly, which no server takes.
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
import uuid

CLIENT_HELLO, LOGIN_BY_PASSWORD, APPEND, OPEN_CONVERSATION, LOOK_UP_ACCOUNTS, READ_CHAIN, READ_LOG = 1, 2, 6, 9, 10, 21, 29
FAILURE, WELCOME, APPENDED, CONVERSATIONS, ACCOUNTS, CHAIN_PAGE, LOG_PAGE = 128, 130, 131, 132, 133, 139, 143
KINDS = {2: "message", 3: "commit", 4: "proposal"}


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
    return {"id": r.take(16), "type": r.uint(1), "members": r.many(account_record), "head": r.uint(8), "epoch": r.uint(8),
            "last_time": r.uint(8)}


def conversation_standing(r):
    return {"generation": r.take(16), "incarnation": r.uint(4), "epoch": r.uint(8), "head": r.uint(8)}


def entry(r):
    return {
        "conversation": r.take(16), "seq": r.uint(8), "id": r.take(16), "sender": r.take(16), "device": r.take(16),
        "kind": r.uint(1), "time": r.uint(8), "payload": r.vector(),
    }


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
        context.set_alpn_protocols(["chat/1"])
        if pin:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        else:
            context.load_default_certs()
        tcp = socket.create_connection((host.strip("[]"), int(port)), timeout=30)
        self.tls = context.wrap_socket(tcp, server_hostname=host.strip("[]"))
        if self.tls.selected_alpn_protocol() != "chat/1":
            raise SystemExit("the server does not speak chat/1")
        if pin and fingerprint(self.tls.getpeercert(binary_form=True)) != pin:
            raise SystemExit("the server has another key")
        self.correlation = 0

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
        """The reply to a request; events that come first are for others."""
        while True:
            kind, got, body = self.receive()
            if got == correlation and kind == expected:
                return Reader(body)

    def request(self, kind, body, expected):
        return self.reply(self.send(kind, body), expected)

    def close(self):
        """Says close_notify, so that what was sent last is not lost in a reset."""
        try:
            self.tls.unwrap().close()
        except (OSError, ValueError):
            self.tls.close()


class Client:
    def __init__(self, connection, user, password, device_file=None):
        self.c, self.names = connection, {}
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

    def conversation(self, to):
        if to is None:
            return {"id": self.everyone, "members": []}
        return self.c.request(OPEN_CONVERSATION, text(to), CONVERSATIONS).many(conversation_record)[0]

    def user(self, name):
        return next(m for m in self.conversation(name)["members"] if m["name"] == name)

    def send(self, to, body):
        """Plainly: a kind of payload that no server takes."""
        append = self.conversation(to)["id"] + uuid.uuid4().bytes + bytes([1, 0, 0]) + vector(body.encode())
        self.c.request(APPEND, append, APPENDED)

    def chain(self, name):
        """Yields the links of a user's key, after each was found to go on from the one before."""
        account, links, head = self.user(name)["id"], [], None
        while head is None or len(links) < head[0]:
            r = self.c.request(READ_CHAIN, account + struct.pack(">I", len(links)), CHAIN_PAGE)
            if r.take(16) != account:
                raise SystemExit("another account's chain")
            head = r.uint(4), r.take(32)
            r.uint(4)
            page = r.many(lambda inner: inner.vector())
            if head[0] and not page:
                raise SystemExit("the chain does not go on")
            links += page
        previous = bytes(32)
        for number, link in enumerate(links):
            r = Reader(link)
            if r.text() != "chat account link 1" or (r.take(16), r.take(16))[1] != account:
                raise SystemExit("a link that is none of this account")
            if r.uint(4) != number or r.take(32) != previous:
                raise SystemExit("a link that does not go on from the one before")
            yield {"number": number, "kind": r.uint(1), "bytes": len(link)}
            previous = hashlib.sha256(link).digest()
        if previous != head[1]:
            raise SystemExit("the chain has another head than the server says")

    def log(self, to):
        """Yields the entries of a conversation, the SHA-256 of those that this device cannot read in their place."""
        conversation, through, head = self.conversation(to)["id"], 0, None
        while head is None or through < head:
            r = self.c.request(READ_LOG, conversation + struct.pack(">Q", through), LOG_PAGE)
            if r.take(16) != conversation:
                raise SystemExit("another conversation's log")
            head, through = conversation_standing(r)["head"], r.uint(8)
            entries, hashed = r.many(entry), r.many(lambda inner: inner.uint(8))
            for found in entries:
                payload, is_hashed = found["payload"], found["seq"] in hashed
                yield {
                    "seq": found["seq"], "kind": KINDS.get(found["kind"], found["kind"]),
                    "id": str(uuid.UUID(bytes=found["id"])), "from": self.name(found["sender"]), "hashed": is_hashed,
                    "sha256": (payload if is_hashed else hashlib.sha256(payload).digest()).hex(),
                }

    def name(self, account):
        if account not in self.names:
            found = self.c.request(LOOK_UP_ACCOUNTS, vector(account), ACCOUNTS).many(account_record)
            self.names[account] = found[0]["name"] if found else account.hex()
        return self.names[account]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="127.0.0.1:7420")
    parser.add_argument("--pin")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password-file", required=True)
    parser.add_argument("--device-file")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("who", "chain"):
        commands.add_parser(command).add_argument("user_name")
    for command in ("log", "send"):
        commands.add_parser(command).add_argument("to", nargs="?", help="without it: everyone")
    arguments = parser.parse_args()

    with open(arguments.password_file, "rb") as file:
        password = file.readline().rstrip(b"\n")
    connection = Connection(arguments.server, arguments.pin)
    client = Client(connection, arguments.user, password, arguments.device_file)
    if arguments.command == "send":
        return client.send(arguments.to, sys.stdin.read())
    if arguments.command == "who":
        user = client.user(arguments.user_name)
        found = [{"id": user["id"].hex(), "name": user["name"], "display_name": user["display_name"]}]
    elif arguments.command == "chain":
        found = client.chain(arguments.user_name)
    else:
        found = client.log(arguments.to)
    for line in found:
        print(json.dumps(line), flush=True)
    connection.close()


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(str(refused))
