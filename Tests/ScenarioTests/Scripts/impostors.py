"""Peers that pretend to be others. Usage: impostors.py KIND HOST:PORT [ARGUMENT…]; see `bad_peers.py`."""

import socket
import ssl
import struct
import sys

from bad_peers import FAILURE, address, frame, hello, logged_in, read, tls, vector
from loopback import join, listen, serve_each

LOGIN_BY_DEVICE, APPEND, OPEN_CONVERSATION, LOOK_UP_CONVERSATIONS, QUERY_RECEIPTS = 3, 6, 9, 11, 13
CONVERSATIONS = 132
BAD_PROOF, NOT_A_MEMBER, NO_GROUP, UNKNOWN_PAYLOAD_KIND = 24, 42, 43, 52
PLAIN, MESSAGE, TEXT = 1, 2, 1


def relay():
    """Stands at 127.0.0.1:PORT before the server. With a certificate and a key it ends the TLS of those who come and
    passes everything on over TLS of its own; then it writes the logins by device that it sees, in hex, to FILE.

    relay HOST:PORT PORT [CERTIFICATE KEY FILE]
    """
    context = None
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
        context.set_alpn_protocols(["chat/1"])
    serve_each(listen(int(sys.argv[3])), lambda near: pass_on(near, context))


def pass_on(near, context):
    try:
        if context:
            near, far = context.wrap_socket(near, server_side=True), tls()
        else:
            far = socket.create_connection(address())
    except OSError:
        return near.close()
    join(near, far, login_keeper() if context else None)


def login_keeper():
    """Writes down the logins among the whole frames of what it is given."""
    seen = bytearray()

    def keep(data):
        seen.extend(data)
        while len(seen) >= 9:
            length, kind, _ = struct.unpack(">IBI", seen[:9])
            if len(seen) < 4 + length:
                break
            if kind == LOGIN_BY_DEVICE:
                with open(sys.argv[6], "a") as file:
                    file.write(seen[9 : 4 + length].hex() + "\n")
            del seen[: 4 + length]

    return keep


def answer(connection, correlation):
    """The reply to a request: its kind, its body, and its error's number."""
    while True:
        kind, got, body = read(connection)
        if got == correlation:
            return kind, body, struct.unpack(">H", body[:2])[0] if kind == FAILURE else None


def replays():
    """Logs in as it saw others do. replays HOST:PORT FILE"""
    with open(sys.argv[3]) as file:
        logins = file.read().split()
    assert logins, "no login was seen"
    for login in logins:
        connection = tls()
        connection.sendall(hello() + frame(LOGIN_BY_DEVICE, bytes.fromhex(login), 7))
        _, _, code = answer(connection, 7)
        assert code == BAD_PROOF, code
        # Who was refused is nobody, and stays it.
        connection.sendall(frame(LOGIN_BY_DEVICE, bytes.fromhex(login), 8) + frame(OPEN_CONVERSATION, vector(b"bob"), 9))
        assert answer(connection, 8)[2] == BAD_PROOF
        assert answer(connection, 9)[0] == FAILURE


def content(body, extensions=b""):
    return bytes([TEXT]) + vector(body) + b"\0" + struct.pack(">Q", 0) + b"\0" + vector(extensions)


def append(conversation, number, payload, kind=PLAIN):
    return frame(APPEND, conversation + bytes(15) + bytes([number, kind]) + b"\0\0" + vector(payload), number)


def claims():
    """Writes to bob as if it were alice: wherever a content has room for a claim. claims HOST:PORT CONVERSATION

    CONVERSATION is the one of alice and bob, in hex: knowing it is of no use.
    """
    connection = logged_in("mallory")
    foreign = bytes.fromhex(sys.argv[3])
    connection.sendall(append(foreign, 1, content(b"from alice"), MESSAGE))
    assert answer(connection, 1)[2] == NOT_A_MEMBER
    connection.sendall(frame(QUERY_RECEIPTS, foreign + b"\1", 2))
    assert answer(connection, 2)[2] == NOT_A_MEMBER
    connection.sendall(frame(LOOK_UP_CONVERSATIONS, vector(foreign), 3))
    assert answer(connection, 3)[:2] == (CONVERSATIONS, vector(b""))

    connection.sendall(frame(OPEN_CONVERSATION, vector(b"bob"), 4))
    kind, body, _ = answer(connection, 4)
    assert kind == CONVERSATIONS, body
    # The vector's length, the identifier.
    own = body[2:18] if body[0] >= 0x40 else body[1:17]
    claim = b'{"head":"dm","from":"alice","body":"claimed"}'
    extension = struct.pack(">H", 1) + vector(b"from=alice")
    connection.sendall(append(own, 5, content(claim, extension)))
    assert answer(connection, 5)[2] == UNKNOWN_PAYLOAD_KIND
    # What says to be encrypted is taken in a group alone, from a device that is in it.
    connection.sendall(append(own, 6, content(claim, extension), MESSAGE))
    assert answer(connection, 6)[2] == NO_GROUP


globals()[sys.argv[1]]()
