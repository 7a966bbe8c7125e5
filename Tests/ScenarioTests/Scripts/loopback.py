"""What servers of the scenarios share: they listen on loopback, serve each who comes, and pass on what they read."""

import socket
import threading


def listen(port=0):
    """Prints the port once it listens."""
    listener = socket.create_server(("127.0.0.1", port))
    print(listener.getsockname()[1], flush=True)
    return listener


def serve_each(listener, serve):
    """Calls `serve` with each connection, on a thread of its own; never returns."""
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def join(one, other, watch=None):
    """Passes on what comes from either end until both have ended; `watch` sees what the first one sends."""
    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other, watch)
    back.join()


def copy(source, target, watch=None):
    try:
        while data := source.recv(65536):
            if watch:
                watch(data)
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
