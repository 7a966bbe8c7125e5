"""Reads the vectors of GroupRules with nothing of ours: the standard library alone, Ed25519 from RFC 8032, section 6.

    vectors.py FILE.json

It is written from the words of the design, so that somebody else's program could be: the structures are TLS presentation language with
the variable-size vectors of RFC 9420, section 2.1.2."""

import base64
import hashlib
import json
import sys

# --- Ed25519 (RFC 8032) ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P or (x == 0 and sign):
        raise ValueError("no point")
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise ValueError("not canonical")
    x = recover_x(y, sign)
    return x, y, 1, x * y % P


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(s, a):
    result = (0, 1, 1, 0)
    while s:
        if s & 1:
            result = add(result, a)
        a, s = add(a, a), s >> 1
    return result


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P


def signed(key, message, signature):
    if len(signature) != 64:
        return False
    a, r = point(key), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    return not (left[0] * right[2] - right[0] * left[2]) % P and not (left[1] * right[2] - right[1] * left[2]) % P


# --- the presentation language ---


def vector(data):
    length = len(data)
    if length < 0x40:
        return bytes([length]) + data
    if length < 0x4000:
        return (length | 0x4000).to_bytes(2, "big") + data
    return (length | 0x80000000).to_bytes(4, "big") + data


class Reader:
    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, count):
        part = self.data[self.place : self.place + count]
        assert len(part) == count, "cut short"
        self.place += count
        return part

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def vector(self):
        first = self.number(1)
        size = 1 << (first >> 6)
        assert size <= 4
        length = int.from_bytes(bytes([first & 0x3F]) + self.take(size - 1), "big")
        return self.take(length)

    def is_done(self):
        return self.place == len(self.data)

    def since(self, start):
        return self.data[start : self.place]


def sha256(data):
    return hashlib.sha256(data).digest()


def base32(data):
    return base64.b32encode(data).decode().rstrip("=").lower()


# --- links, renewals, certificates ---

CREATE, ADD, REVOKE, RESET = 1, 2, 3, 4
CERTIFY, ENROL_ONCE, ENROL_OFTEN = 1, 2, 4


class Grant:
    def __init__(self, reader, place):
        self.device, self.key, self.flags = reader.take(16), reader.take(32), reader.number(1)
        proof = reader.vector()
        assert signed(self.key, vector(b"chat device grant 1") + place + self.device, proof), "the proof"
        self.enrols = bool(self.flags & (ENROL_ONCE | ENROL_OFTEN))


class Link:
    def __init__(self, reader):
        start = reader.place
        assert reader.vector() == b"chat account link 1"
        self.place, self.number, self.previous = reader.take(32), reader.number(4), reader.take(32)
        self.kind, self.name, self.grant, self.revoked = reader.number(1), None, None, None
        if self.kind in (CREATE, RESET):
            self.name = reader.vector().decode()
        if self.kind == REVOKE:
            self.revoked = reader.take(16)
        else:
            self.grant = Grant(reader, self.place)
        self.by, self.instance = reader.take(16), reader.number(4)
        self.signed = reader.since(start)
        self.signature = reader.vector()
        self.bytes = reader.since(start)
        self.hash = sha256(self.bytes)


class Renewal:
    def __init__(self, reader):
        start = reader.place
        assert reader.vector() == b"chat device renewal 1"
        self.place, self.granting = reader.take(32), reader.take(32)
        self.device, self.instance, self.key = reader.take(16), reader.number(4), reader.take(32)
        self.signed = reader.since(start)
        self.by_granted, self.by_own = reader.vector(), reader.vector()

    def check(self, grant, granting):
        assert self.device == grant.device and self.granting == granting and grant.enrols
        assert self.instance == 1 or not grant.flags & ENROL_ONCE
        assert signed(grant.key, self.signed, self.by_granted) and signed(self.key, self.signed, self.by_own)


def read_all(data, kind):
    reader, found = Reader(data), []
    while not reader.is_done():
        found.append(kind(reader))
    return found


def check_chain(case):
    """Walks the chain; returns its links and the granting link of each device, in order."""
    renewals = {}
    for text in case["renewals"]:
        renewal = read_all(bytes.fromhex(text), Renewal)[0]
        renewals[renewal.device, renewal.instance] = renewal
    place = bytes.fromhex(case["server"] + case["account"])
    previous, devices, links = bytes(32), {}, []
    for number, entry in enumerate(case["links"]):
        link = read_all(bytes.fromhex(entry["link"]), Link)[0]
        assert link.hash.hex() == entry["hash"] and link.place == place
        assert link.number == number and link.previous == previous
        if link.kind in (CREATE, RESET):
            assert link.by == link.grant.device and link.name == case["name"] and not link.grant.enrols
            key = link.grant.key
        else:
            granting = devices[link.by]
            assert granting.grant.flags & CERTIFY or link.revoked == link.by
            if link.instance:
                renewal = renewals[link.by, link.instance]
                renewal.check(granting.grant, granting.hash)
                key = renewal.key
            else:
                assert not granting.grant.enrols
                key = granting.grant.key
        assert signed(key, link.signed, link.signature), "link %d" % number
        assert not signed(key, link.signed + b"x", link.signature)
        if link.grant:
            assert link.grant.device not in devices
            devices[link.grant.device] = link
        previous = link.hash
        links.append(link)
    return links, list(devices.values())


def check_path(data, root):
    """Verifies a path from a root; returns the device at its end, its key, and the number of its link."""
    reader = Reader(data)
    links, renewals = read_all(reader.vector(), Link), read_all(reader.vector(), Renewal)
    assert reader.is_done() and len(data) <= 2048 and len(links) <= 6
    first = links[0]
    assert first.kind in (CREATE, RESET) and first.hash == root and first.by == first.grant.device
    assert signed(first.grant.key, first.signed, first.signature)
    last = first
    for link in links[1:]:
        assert link.kind == ADD and link.by == last.grant.device and last.grant.flags & CERTIFY
        key = last.grant.key
        if link.instance:
            renewal = renewals.pop(0)
            assert renewal.instance == link.instance
            renewal.check(last.grant, last.hash)
            key = renewal.key
        assert signed(key, link.signed, link.signature)
        last = link
    key, instance = last.grant.key, 0
    if renewals:
        renewal = renewals.pop(0)
        renewal.check(last.grant, last.hash)
        key, instance = renewal.key, renewal.instance
    assert not renewals and not (last.grant.enrols and instance == 0)
    return last, key, instance


def check_note(data, root, revoked):
    reader = Reader(data)
    assert reader.number(1) == 1
    inner = Reader(reader.vector())
    link = Link(inner)
    start = inner.place
    inner.vector(), inner.vector()
    end, key, instance = check_path(inner.since(start), root)
    assert reader.is_done() and inner.is_done() and link.kind == REVOKE and link.revoked == revoked
    assert link.by == end.grant.device and link.instance == instance and link.number > end.number
    assert signed(key, link.signed, link.signature)


def direct(server, one, other):
    low, high = sorted([one, other])
    return sha256(vector(b"chat direct conversation 1") + server + low + high)[:16]


def check_policy(entry):
    reader = Reader(bytes.fromhex(entry["policy"]))
    assert reader.number(1) == 1
    server = reader.take(16)
    group = reader.take(20)
    assert group.hex() == entry["group_id"]
    kind = reader.number(1)
    parties = []
    if kind == 2:
        assert reader.vector() == b"ops"
    if kind in (1, 2):
        inner = Reader(reader.vector())
        while not inner.is_done():
            parties.append((inner.take(16), inner.take(32)))
        accounts = [account for account, _ in parties]
        assert accounts == sorted(set(accounts)) and accounts
    if kind == 1:
        assert group[:16] == direct(server, accounts[0], accounts[-1])
    if kind == 2:
        assert (reader.number(1), reader.number(1)) == (2, 1)
    if reader.number(1):
        assert (reader.number(4), reader.number(8), reader.vector()) == (2, 41, bytes([0xAA] * 32))
    assert reader.is_done()
    return kind


def check_log(log):
    value = sha256(vector(b"chat log 1") + bytes.fromhex(log["group_id"] + log["generation"]))
    assert value.hex() == log["start"]
    for entry in log["entries"]:
        value = sha256(
            value
            + entry["seq"].to_bytes(8, "big")
            + bytes([entry["kind"]])
            + bytes.fromhex(entry["device"] + entry["id"])
            + sha256(bytes.fromhex(entry["payload"]))
        )
        assert value.hex() == entry["hash"]
        assert entry["seen"] == (entry["seq"].to_bytes(8, "big") + value[:16]).hex()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        case = json.load(file)
    links, devices = check_chain(case)
    assert [link.kind for link in links] == [CREATE, ADD, ADD, ADD, REVOKE, RESET]
    roots = [link.hash for link in links if link.kind in (CREATE, RESET)]
    assert case["account_fingerprints"] == ["acct1:" + base32(root) for root in roots]
    account = bytes.fromhex(case["account"])
    assert case["device_fingerprints"] == [
        "dev1:" + base32(sha256(vector(b"chat device 1") + account + link.grant.device + link.grant.key))
        for link in devices
    ]
    for entry in case["certificates"]:
        end, key, _ = check_path(bytes.fromhex(entry["certificate"]), roots[0])
        assert key.hex() == entry["leaf_key"]
        assert bytes.fromhex(entry["credential"]) == b"\x01" + account + roots[0] + end.grant.device
    check_note(bytes.fromhex(case["commit_note"]), roots[0], links[4].revoked)
    assert [check_policy(entry) for entry in case["policies"]] == [1, 1, 2, 3]
    check_log(case["log"])
    assert len(bytes.fromhex(case["message_data"])) == 17 and case["message_data"].startswith("01")
    print("all hold")


main()
