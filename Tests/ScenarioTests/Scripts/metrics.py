"""Reads metrics as strictly as Prometheus: metrics.py ADDRESS [NAME [LABELS]]. Prints one value, or how many samples."""

import http.client
import re
import socket
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"\})? (-?[0-9]+(?:\.[0-9]+)?)')


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.host_path)


def connection(address):
    if not address.startswith("/"):
        return http.client.HTTPConnection(address, timeout=20)
    unix = Unix("localhost")
    unix.host_path = address
    return unix


def read(address):
    peer = connection(address)
    peer.request("GET", "/metrics")
    answer = peer.getresponse()
    assert answer.status == 200, answer.status
    kind = answer.getheader("Content-Type")
    assert kind == "text/plain; version=0.0.4; charset=utf-8", kind
    return answer.read().decode("utf-8")


def parse(text):
    assert text.endswith("\n")
    samples, kinds, helped, current = {}, {}, set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert NAME.fullmatch(name) and words and name not in helped, line
            helped.add(name)
            current = name
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current and name not in kinds and kind in ("counter", "gauge"), line
            assert name.endswith("_total") == (kind == "counter"), line
            kinds[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match and match[1] == current and current in kinds, line
            key = (match[1], match[2] or "")
            assert key not in samples, line
            samples[key] = match[3]
    assert set(kinds) == helped == {name for name, _ in samples}, "a family without samples"
    return samples


if __name__ == "__main__":
    found = parse(read(sys.argv[1]))
    if len(sys.argv) < 3:
        print(len(found))
    else:
        print(found[(sys.argv[2], "{%s}" % sys.argv[3] if len(sys.argv) > 3 else "")])
