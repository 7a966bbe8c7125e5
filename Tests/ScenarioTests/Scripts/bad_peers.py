"""Peers that misbehave. Usage: bad_peers.py KIND HOST:PORT [ARGUMENT…]; exits 0 when the server did what it should."""

import os
import random
import socket
import ssl
import struct
import sys
import threading
import time

FAILURE, WELCOME, ENTRY, SERVER_HELLO = 128, 130, 193, 192
MALFORMED, FRAME_TOO_LARGE, TIMED_OUT, BUSY, LOGIN_REFUSED, ACKNOWLEDGED_TOO_MUCH = 1, 3, 8, 9, 21, 60


def address():
    host, port = sys.argv[2].rsplit(":", 1)
    return host, int(port)


def tls(receive_buffer=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["chat/1"])
    plain = socket.socket()
    if receive_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.settimeout(40)
    plain.connect(address())
    connection = context.wrap_socket(plain)
    return connection


def vector(data):
    length = len(data)
    if length < 0x40:
        return bytes([length]) + data
    if length < 0x4000:
        return struct.pack(">H", length | 0x4000) + data
    return struct.pack(">I", length | 0x80000000) + data


def frame(kind, body, correlation=1):
    return struct.pack(">IBI", 5 + len(body), kind, correlation) + body


def exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def read(connection):
    length, kind, correlation = struct.unpack(">IBI", exactly(connection, 9))
    return kind, correlation, exactly(connection, length - 5)


def hello():
    return frame(1, os.urandom(32) + vector(b"bad peer") + vector(b""))


def login(connection, name, password):
    existing = os.environ.get("DEVICE", "")
    known = b"\1" + bytes.fromhex(existing) if existing and name == b"mallory" else b"\0"
    body = vector(name) + vector(password) + known + vector(b"bad peer") + vector(b"") + vector(b"")
    connection.sendall(hello() + frame(2, body))
    while True:
        kind, _, body = read(connection)
        if kind in (WELCOME, FAILURE):
            return kind, body


def logged_in(name, receive_buffer=None):
    connection = tls(receive_buffer)
    kind, body = login(connection, name.encode(), os.environ["PASSWORD"].encode())
    assert kind == WELCOME, body
    return connection


def refused_with(connection, code):
    """Reads until the server's refusal of this code, or its plain closing."""
    try:
        while True:
            kind, _, body = read(connection)
            if kind == FAILURE:
                got = struct.unpack(">H", body[:2])[0]
                assert got == code, f"expected error {code}, got {got}: {body[2:]}"
                return
    except (EOFError, ConnectionError, ssl.SSLError):
        raise AssertionError("closed without a word")


def closed(connection):
    """Reads until the server closes the connection."""
    try:
        while connection.recv(65536):
            pass
    except (ConnectionError, ssl.SSLError):
        pass


def random_bytes():
    for seed in range(50):
        noise = random.Random(seed).randbytes(4096)
        plain = socket.create_connection(address(), timeout=40)
        try:
            plain.sendall(noise)
        except ConnectionError:
            pass
        closed(plain)
        inside = tls()
        try:
            inside.sendall(noise)
        except (ConnectionError, ssl.SSLError):
            pass
        closed(inside)


def truncated():
    whole = hello()
    for length in range(len(whole)):
        connection = tls()
        connection.sendall(whole[:length])
        connection.close()


def oversized():
    connection = tls()
    connection.sendall(struct.pack(">IBI", 5 + 4096 + 1, 1, 1))
    refused_with(connection, FRAME_TOO_LARGE)
    closed(connection)
    connection = logged_in("mallory")
    connection.sendall(struct.pack(">IBI", 5 + (1 << 20) + 1, 6, 9))
    refused_with(connection, FRAME_TOO_LARGE)
    closed(connection)


def malformed():
    connection = logged_in("mallory")
    connection.sendall(frame(6, b"\0" * 7, 77))
    refused_with(connection, MALFORMED)
    closed(connection)


def slow():
    """A byte now and then does not keep a connection: the login's deadline counts from accept."""
    connection = tls()
    begin = time.monotonic()
    try:
        for byte in hello() * 10:
            connection.sendall(bytes([byte]))
            time.sleep(0.25)
    except (ConnectionError, ssl.SSLError, BrokenPipeError):
        pass
    closed(connection)
    assert time.monotonic() - begin < 35


def handshake_never_finished():
    connection = socket.create_connection(address(), timeout=40)
    connection.sendall(b"\x16\x03\x01\x02\x00\x01")
    begin = time.monotonic()
    closed(connection)
    assert time.monotonic() - begin < 20


def half_open():
    """Idle strangers do not keep others out: over the cap the oldest of them is closed."""
    strangers = []
    for _ in range(2000):
        strangers.append(socket.create_connection(address(), timeout=40))
    friend = logged_in("mallory")
    friend.sendall(frame(19, b"", 5))
    kind, correlation, _ = read(friend)
    assert (kind, correlation) == (138, 5), kind
    for stranger in strangers:
        stranger.close()


def crowd():
    """Of so many strangers from one address so many are kept: the last ones."""
    count, kept = int(sys.argv[3]), int(sys.argv[4])
    strangers = [tls() for _ in range(count)]
    for stranger in strangers[: count - kept]:
        while True:
            kind, _, body = read(stranger)
            if kind == FAILURE:
                break
        assert struct.unpack(">H", body[:2])[0] == BUSY, body
    for stranger in strangers[count - kept :]:
        stranger.sendall(hello() + frame(2, vector(b"nobody") + vector(b"wrong") + b"\0" + vector(b"d") + vector(b"") * 2))
        while True:
            kind, _, body = read(stranger)
            if kind == FAILURE:
                break
        assert struct.unpack(">H", body[:2])[0] == LOGIN_REFUSED, body


def hostile_name():
    connection = tls()
    name = b"\x1b]0;owned\x07"
    body = vector(name) + vector(b"x") + vector(b"long enough") + vector(b"") + vector(b"d") + vector(b"") + vector(b"")
    connection.sendall(hello() + frame(4, body))
    refused_with(connection, MALFORMED)


def device():
    """Logs in for the first time, and prints as which device."""
    kind, body = login(tls(), b"mallory", os.environ["PASSWORD"].encode())
    assert kind == WELCOME, body
    at = 16
    for _ in range(2):  # name, display name
        at += 1 + body[at]
    print(body[at + 1 : at + 17].hex())


def acknowledges_too_much():
    connection = logged_in("mallory")
    connection.sendall(frame(5, b"\0", 3))
    conversation = b""
    while not conversation:
        kind, _, body = read(connection)
        if kind == ENTRY:
            conversation = body[:16]
            sequence = struct.unpack(">Q", body[16:24])[0]
    connection.sendall(frame(7, vector(conversation + struct.pack(">Q", sequence + 1000000) + b"\1"), 4))
    refused_with(connection, ACKNOWLEDGED_TOO_MUCH)
    closed(connection)


def never_acknowledges():
    """Reads everything and acknowledges nothing: gets no more than may be unacknowledged."""
    connection = logged_in("mallory")
    connection.sendall(frame(5, b"\1", 3))
    connection.settimeout(10)
    count = 0
    try:
        while True:
            kind, _, _ = read(connection)
            count += kind == ENTRY
    except (TimeoutError, socket.timeout):
        pass
    assert 128 <= count <= 256, f"{count} entries unacknowledged"


def never_reads():
    """Subscribes, and reads nothing more until it is told to end on stdin; little fits into its socket."""
    connection = logged_in("mallory", receive_buffer=4096)
    connection.sendall(frame(5, b"\1", 3))
    print("ready", flush=True)
    sys.stdin.read()


def asks_and_never_reads():
    """Asks who there is again and again, and reads no answer, until the server takes no more; holds on until it is told to end on stdin."""
    connection = logged_in("mallory", receive_buffer=4096)
    connection.settimeout(5)
    requests, sent = frame(12, b"\0\0") * 1000, 0
    try:
        while sent < 256 << 20:
            connection.sendall(requests)
            sent += len(requests)
        raise AssertionError(f"the server takes {sent} bytes of requests whose answers are not read")
    except (TimeoutError, socket.timeout):
        pass
    print("ready", flush=True)
    sys.stdin.read()


def opens_conversations():
    """Opens conversations as fast as it is let, for so many seconds. opens_conversations HOST:PORT SECONDS NAME…"""
    names = sys.argv[4:]
    connection = logged_in("mallory")
    end, count = time.monotonic() + int(sys.argv[3]), 0
    while time.monotonic() < end:
        connection.sendall(b"".join(frame(9, vector(names[n % len(names)].encode()), n + 1) for n in range(100)))
        for _ in range(100):
            while read(connection)[0] in (ENTRY, SERVER_HELLO):
                pass
        count += 100
    print(count, "conversations opened")


def next_of(connection, kinds):
    """The next frame of these kinds."""
    while True:
        kind, _, body = read(connection)
        if kind in kinds:
            return kind, body


def time_at(connection):
    connection.sendall(frame(19, b"", 99))
    return struct.unpack(">Q", next_of(connection, {138})[1])[0]


def arrivals():
    """One watches how another comes and goes. arrivals HOST:PORT WATCHER OTHER

    Between two times of the server's clock lie the arrival, its announcement and one round trip. A busy machine makes
    many of them late; a server that asked every second or two would hardly ever be in time.
    """
    watcher, other = sys.argv[3], sys.argv[4]
    watching = logged_in(watcher)
    watching.sendall(frame(5, b"\2", 3))
    next_of(watching, {195})
    delays = []
    for _ in range(20):
        coming = logged_in(other)
        coming.sendall(frame(19, b"", 98) + frame(5, b"\0", 3))
        before = struct.unpack(">Q", next_of(coming, {138})[1])[0]
        assert next_of(watching, {196})[1][0] == 2, "not online"
        delays.append(time_at(watching) - before)
        coming.close()
        assert next_of(watching, {196})[1][0] == 3, "not offline"
    assert sorted(delays)[4] <= 500, delays


def flood(rate, seconds, connections, attempt):
    """Makes so many attempts a second from some connections, as far as the answers come; returns what was answered.

    attempt(number) is a request; a connection that the server has closed is made anew.
    """
    begin = time.monotonic()
    answers = []
    lock = threading.Lock()
    numbers = iter(range(rate * seconds))

    def work():
        connection = None
        while True:
            with lock:
                number = next(numbers, None)
            if number is None or time.monotonic() > begin + 3 * seconds:
                return
            time.sleep(max(0, begin + number / rate - time.monotonic()))
            try:
                if connection is None:
                    connection = tls()
                    connection.sendall(hello())
                connection.sendall(attempt(number))
                kind = SERVER_HELLO
                while kind not in (WELCOME, FAILURE):
                    kind, _, body = read(connection)
                with lock:
                    answers.append(struct.unpack(">H", body[:2])[0] if kind == FAILURE else 0)
                if kind == WELCOME:
                    connection.close()
                    connection = None
            except (EOFError, ConnectionError, ssl.SSLError, OSError):
                connection = None

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(answers), "answers in", round(time.monotonic() - begin, 1), "s")
    return answers


def guesses():
    """A thousand guesses a second; none is told whether the name exists.

    Some wait for their turn at the passwords, and one connection has one at a time: the others are told busy.
    """

    def guess(number):
        name = b"alice" if number % 2 else b"nobody%d" % number
        body = vector(name) + vector(b"guess %d" % number) + b"\0" + vector(b"bad peer") + vector(b"") + vector(b"")
        return frame(2, body)

    answers = flood(1000, 5, 70, guess)
    # login_refused, rate_limited, busy
    assert set(answers) <= {21, 10, 9}, set(answers)
    assert {9, 10} & set(answers), "guesses are not limited"
    assert len(answers) >= 1000, f"only {len(answers)} guesses were answered"


def registrations():
    """A hundred registrations a second."""

    def register(number):
        body = vector(b"flood%d" % number) + vector(b"") + vector(b"long enough") + vector(b"")
        return frame(4, body + vector(b"d") + vector(b"") + vector(b""))

    answers = flood(100, 5, 20, register)
    assert answers.count(0) <= 60, f"{answers.count(0)} accounts from one address"
    assert {9, 10} & set(answers), "registration is not limited"


if __name__ == "__main__":
    globals()[sys.argv[1]]()
