"""A proxy on loopback for the scenarios: proxy.py KIND SERVER [USER:PASSWORD], KIND a good or a bad one.

Whatever host it is asked for, it leads to SERVER. It prints its port, and then a line for what it was asked."""

import base64
import socket
import sys
import threading

from loopback import join, listen, serve_each

kind, server = sys.argv[1], sys.argv[2].rsplit(":", 1)
wanted = sys.argv[3] if len(sys.argv) > 3 else None


def say(*words):
    print(*words, flush=True)


def exactly(peer, count):
    data = b""
    while len(data) < count:
        more = peer.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def socks(peer):
    version, methods = exactly(peer, 2)
    offered = exactly(peer, methods)
    if wanted:
        peer.sendall(bytes([5, 2 if 2 in offered else 255]))
        exactly(peer, 1)
        user = exactly(peer, exactly(peer, 1)[0])
        password = exactly(peer, exactly(peer, 1)[0])
        right = user + b":" + password == wanted.encode()
        peer.sendall(bytes([1, 0 if right else 1]))
        if not right:
            return False
    else:
        peer.sendall(b"\5\0")
    _, _, _, form = exactly(peer, 4)
    if form == 3:
        host = exactly(peer, exactly(peer, 1)[0]).decode()
    else:
        host = socket.inet_ntop(*((socket.AF_INET, exactly(peer, 4)) if form == 1 else (socket.AF_INET6, exactly(peer, 16))))
    say("asked", host, int.from_bytes(exactly(peer, 2), "big"))
    peer.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    return True


def http(peer):
    head = b""
    while b"\r\n\r\n" not in head:
        head += exactly(peer, 1)
    lines = head.decode().split("\r\n")
    if wanted:
        right = "Proxy-Authorization: Basic " + base64.b64encode(wanted.encode()).decode()
        if right not in lines:
            peer.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return False
    say("asked", *lines[0].split()[1].rsplit(":", 1))
    peer.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
    return True


def bad(peer):
    if kind == "silent":
        peer.recv(1)
        threading.Event().wait()
    elif kind == "endless":
        peer.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            peer.sendall(b"X-Endless: yes\r\n" * 1000)
    elif kind == "garbage":
        peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        peer.recv(1)
    elif kind == "talkative":
        exactly(peer, 20)
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03")
        peer.recv(65536)
    return False


def serve(peer):
    try:
        if not {"socks": socks, "http": http}.get(kind, bad)(peer):
            return peer.close()
        there = socket.create_connection((server[0], int(server[1])))
    except (OSError, EOFError):
        return peer.close()
    join(peer, there)


serve_each(listen(), serve)
