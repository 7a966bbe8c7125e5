"""Stands between one client and a server, and loses something once: what was sent, or its answer. Everything else passes.

    cutting.py HOST:PORT request|answer NUMBER [CONNECTION]

NUMBER counts the records with content that a connection's client sends: its 1st ends the handshake, the 2nd has hello and
login. Connections before the one that is named, by its number, pass. Prints the address where it listens, and "cut" when the server has not got, or has answered, that one.
"""

import socket
import sys
import threading

server, loses, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
host, port = server.rsplit(":", 1)
CONTENT = 23
cut = threading.Event()


def records(connection):
    """TLS records as they come, each whole."""
    data = b""
    while True:
        while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
            more = connection.recv(65536)
            if not more:
                return
            data += more
        length = 5 + int.from_bytes(data[3:5], "big")
        yield data[:length]
        data = data[length:]


def shut(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def upwards(client, upstream, deaf, place):
    count = 0
    for record in records(client):
        count += record[0] == CONTENT
        if record[0] == CONTENT and count == number and place >= first and not cut.is_set():
            cut.set()
            if loses == "request":
                print("cut", flush=True)
                continue
            deaf.set()
        upstream.sendall(record)
    shut(upstream)


def downwards(client, upstream, deaf, _):
    for record in records(upstream):
        if deaf.is_set():
            print("cut", flush=True)
            break
        client.sendall(record)
    shut(client, upstream)


def serve(client, place):
    upstream = socket.create_connection((host, int(port)))
    deaf = threading.Event()
    for pump in (upwards, downwards):
        threading.Thread(target=pump, args=(client, upstream, deaf, place), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
print("127.0.0.1:%d" % listener.getsockname()[1], flush=True)
place = 0
while True:
    place += 1
    serve(listener.accept()[0], place)
