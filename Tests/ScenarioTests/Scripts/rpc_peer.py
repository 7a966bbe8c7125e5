"""A caller of `chat rpc`, and what scenarios have it do: rpc_peer.py NAME [ARG…]"""

import json
import os
import subprocess
import sys
import threading
import time

DEADLINE = 180


def same(wanted, got, words=""):
    assert wanted == got, f"{words}: expected {wanted!r}, got {got!r}"


class RPC:
    """One process. A thread reads its answers and events, unless the caller reads itself."""

    def __init__(self, *options, reads=True):
        self.process = subprocess.Popen(
            ["chat", "rpc", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.news = threading.Condition()
        self.lines, self.answers, self.events, self.order = [], {}, [], []
        self.ended = False
        self.last = 0
        if reads:
            self.read()

    def read(self):
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            value = json.loads(line)
            with self.news:
                self.lines.append(value)
                if isinstance(value, dict) and value.get("method") == "event":
                    self.events.append(value["params"])
                elif isinstance(value, dict) and value["id"] is not None:
                    assert value["id"] not in self.answers, f"answered twice: {line}"
                    self.answers[value["id"]] = value
                    self.order.append(value["id"])
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def until(self, condition, words):
        """Waits for a condition on what was read."""
        end = time.monotonic() + DEADLINE
        with self.news:
            while not condition():
                left = end - time.monotonic()
                assert left > 0, f"waited in vain for {words}; {self.tail()}"
                assert not self.ended or condition(), f"ended without {words}; {self.tail()}"
                self.news.wait(left)

    def tail(self):
        return "last lines: " + " ".join(repr(line)[:500] for line in self.lines[-3:])

    def raw(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def post(self, method, **params):
        self.last += 1
        self.raw(json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}).encode() + b"\n")
        return self.last

    def answer(self, number):
        self.until(lambda: number in self.answers, f"the answer to {number}")
        return self.answers[number]

    def call(self, method, **params):
        answer = self.answer(self.post(method, **params))
        assert "result" in answer, answer
        return answer["result"]

    def fails(self, method, code=-32000, **params):
        error = self.answer(self.post(method, **params)).get("error")
        assert error and error["code"] == code, error
        return error

    def line(self, data):
        """What is answered to one line of the input."""
        count = len(self.lines)
        self.raw(data + b"\n")
        self.until(lambda: len(self.lines) > count, f"an answer to {data[:100]!r}")
        return self.lines[count]

    def bodies(self, listener=None):
        with self.news:
            return [e["line"]["body"] for e in self.events
                    if "body" in e.get("line", {}) and listener in (None, e["listener"])]

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def close(self, wanted=0):
        self.process.stdin.close()
        same(wanted, self.process.wait(DEADLINE), "exit status")


def chat(*words):
    """What a command prints."""
    return subprocess.run(["chat", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def eventually(condition, words):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, words
        time.sleep(0.02)


def online(rpc):
    return [user["user"] for user in rpc.call("who")]


# Requests, and what is none.

def requests():
    rpc = RPC()
    error = lambda data: (lambda a: (a["error"]["code"], a["id"]))(rpc.line(data))
    same((-32700, None), error(b"nonsense"), "no JSON")
    same((-32700, None), error(b'{"jsonrpc":"2.0","method":"who\xff"}'), "not UTF-8")
    same((-32700, None), error(b"\x00"), "NUL")
    same((-32700, None), error(b"x" * (2 << 20)), "2 MiB")
    same((-32700, None), error(b'{"jsonrpc":"2.0","id":1,"id":2,"method":"whoami"}'), "a key twice")
    same((-32700, None), error(b'{"jsonrpc":"2.0","method":"\\udc00"}'), "half a surrogate pair")
    same((-32700, None), error(b'{"params":' + b"[" * 65 + b"]" * 65 + b"}"), "too deep")
    same((-32600, None), error(b"[]"), "an empty array")
    same((-32600, 5), error(b'{"jsonrpc":"2.0","id":5}'), "no method")
    same((-32601, "x"), error(b'{"jsonrpc":"2.0","id":"x","method":"register"}'), "no such method")
    same((-32602, 1.5), error(b'{"jsonrpc":"2.0","id":1.5,"method":"whoami","params":[1]}'), "by position")
    same((-32602, None), error(b'{"jsonrpc":"2.0","id":null,"method":"whoami","params":{"x":1}}'), "an unknown parameter")
    # Blank lines are nothing, and a notification is not answered; what follows is.
    rpc.raw(b'\n \t\r\n{"jsonrpc":"2.0","method":"whoami"}\n{"jsonrpc":"2.0","method":"none"}\n'
            b'[{"jsonrpc":"2.0","method":"whoami"},{"jsonrpc":"2.0","method":"none"}]\n')
    same("alice", rpc.line(b'{"jsonrpc":"2.0","id":9,"method":"whoami"}\r')["result"]["user"])
    batch = rpc.line(b'[{"jsonrpc":"2.0","id":1,"method":"whoami"},{"jsonrpc":"2.0","method":"whoami"},7,'
                     b'{"jsonrpc":"2.0","id":2,"method":"send","params":{"to":"bob","body":"in a batch"}}]')
    same({1, 2, None}, {answer["id"] for answer in batch}, "a batch")
    same("accepted", next(a for a in batch if a["id"] == 2)["result"]["status"], "in a batch")
    # A line without an end is skipped as it comes.
    before = rpc.memory()
    for _ in range(64):
        rpc.raw(b"x" * (1 << 20))
    same((-32700, None), error(b""), "64 MiB")
    assert rpc.memory() < before + 16 * 1024, f"memory grew from {before} to {rpc.memory()} KiB"
    # A notification does what it says.
    rpc.raw(b'{"jsonrpc":"2.0","method":"send","params":{"to":"bob","body":"by notification"}}\n')
    eventually(lambda: rpc.call("history", search="by notification"), "the notification is not sent")
    rpc.last = 100
    described = rpc.call("rpc.describe")
    same({"send", "listen.start", "listen.ack", "listen.stop", "ask", "history", "who", "whoami", "rpc.describe"},
         {method["name"] for method in described["methods"]}, "methods")
    # The same objects as the commands print.
    for method, params, command in [
            ("whoami", {}, ["whoami"]), ("who", {"users": True}, ["who", "--users"]),
            ("history", {"with": "bob", "limit": 1}, ["history", "--with", "bob", "--limit", "1"])]:
        printed = chat("--json", *command).splitlines()
        result = rpc.call(method, **params)
        same([json.loads(line) for line in printed], result if isinstance(result, list) else [result], method)
    sent = rpc.call("send", to="bob", body="detail")
    detail = rpc.call("history", id=sent["id"])
    same(["dm", "ack"], [line["head"] for line in detail], "one message")
    same([], rpc.call("history", search="no such words"), "no match")
    first = rpc.call("send", to="bob", body="once", id="key")
    same(first, rpc.call("send", to="bob", body="once", id="key"), "the same key")
    error = rpc.fails("send", to="nobody", body="x")
    same(("no_such_user", 67, "@nobody", "no", "failed"),
         (*(error["data"][k] for k in ("code", "exit", "conv", "sent")), error["data"]["ack"]["status"]), "unknown user")
    rpc.close()


# Many at once.

def unread_answers():
    """A thousand requests before the first answer is read."""
    rpc = RPC(reads=False)
    for n in range(1000):
        rpc.post("send", to="bob", body=f"n {n} " + "x" * 100)
    rpc.read()
    rpc.until(lambda: len(rpc.answers) == 1000, "a thousand answers")
    numbers = [a["result"]["seq"] for _, a in sorted(rpc.answers.items())]
    same(list(range(numbers[0], numbers[0] + 1000)), numbers, "in order")
    rpc.close()


def deaf_caller():
    """Who asks for more and more and reads nothing is not read any more, at a bounded cost; then all of it comes."""
    rpc = RPC(reads=False)
    total = 20000
    done = threading.Event()

    def write():
        for _ in range(total):
            rpc.post("rpc.describe")
        done.set()

    threading.Thread(target=write, daemon=True).start()
    progress = -1
    while progress != rpc.last:
        progress = rpc.last
        assert not done.wait(1), "nothing holds it back"
    assert rpc.memory() < 120 * 1024, f"{rpc.memory()} KiB"
    rpc.read()
    rpc.until(lambda: len(rpc.answers) == total, "all answers")
    rpc.close()


def out_of_order():
    """A quick answer overtakes a slow one; at the end of the input both are there."""
    rpc = RPC()
    slow = rpc.post("send", to="carol", body="slow", wait="delivered", timeout="60s")
    rpc.call("who")
    rpc.call("whoami")
    same("accepted", rpc.call("send", to="carol", body="quick")["status"])
    assert slow not in rpc.answers, "carol is not there"
    late = rpc.post("send", to="carol", body="late", wait="delivered", timeout="5s")
    error = rpc.answer(late)["error"]
    same(("not_confirmed", 124, "accepted"),
         (error["data"]["code"], error["data"]["exit"], error["data"]["ack"]["status"]), "not confirmed")
    rpc.process.stdin.close()
    time.sleep(0.2)
    assert rpc.process.poll() is None, "it ends before what is under way"
    carol = subprocess.Popen(["env", f"HOME={os.environ['HOME']}/../carol", "chat", "listen"], stdout=subprocess.DEVNULL)
    same("delivered", rpc.answer(slow)["result"]["status"])
    same(0, rpc.process.wait(DEADLINE), "exit status")
    carol.kill()
    carol.wait()


def ends():
    """Signals end it as they do, a reader that goes away as SIGPIPE does, and the end of input with 0."""
    rpc = RPC()
    rpc.call("listen.start")
    rpc.process.terminate()
    same(-15, rpc.process.wait(DEADLINE), "SIGTERM")
    rpc = RPC()
    rpc.call("whoami")
    rpc.process.send_signal(2)
    same(-2, rpc.process.wait(DEADLINE), "SIGINT")
    rpc = RPC(reads=False)
    rpc.post("listen.start")
    rpc.process.stdout.read(10)
    rpc.process.stdout.close()
    same(-13, rpc.process.wait(DEADLINE), "SIGPIPE")
    rpc = RPC()
    rpc.call("listen.start")
    rpc.close()


# Listeners.

def listening():
    rpc = RPC()
    same([], online(rpc), "nobody is online, for nobody listens")
    rpc.call("send", to="alice", body="a note")
    first = rpc.call("listen.start", own=True, since="1h")["listener"]
    rpc.until(lambda: rpc.bodies(first) == ["a note"], "what there is")
    eventually(lambda: online(rpc) == ["alice"], "the listener is online")
    # Another listener has what it asks for on the same connection, from the beginning.
    second = rpc.call("listen.start", new=True, meta=True, to_me=True, **{"from": ["bob"]})["listener"]
    heads = lambda: [e["line"]["head"] for e in rpc.events if e["listener"] == second]
    rpc.until(lambda: {"login", "live", "meta"} <= set(heads()), "login, live and who is online")
    full = next(e["line"] for e in rpc.events if e["listener"] == second and e["line"]["head"] == "meta")
    assert full["online"] == ["alice"] and "delta" not in full, full
    bob = RPC_of("bob")
    started = bob.call("listen.start")["listener"]
    rpc.until(lambda: any(e["line"].get("online") == ["bob"] for e in rpc.events if e["listener"] == second), "bob")
    bob.call("send", to="alice", body="from bob")
    rpc.call("send", to="bob", body="to bob")
    rpc.until(lambda: rpc.bodies(second) == ["from bob"], "the filter")
    rpc.until(lambda: rpc.bodies(first) == ["a note", "from bob", "to bob"], "everything")
    rpc.until(lambda: "receipt" in heads(), "receipts")
    # Only with `mark_read` a message counts as shown.
    assert chat("unread"), "listening alone marks nothing"
    third = rpc.call("listen.start", mark_read=True)["listener"]
    rpc.until(lambda: "from bob" in rpc.bodies(third), "what was not shown")
    eventually(lambda: not chat("unread"), "marked")
    # What is wrong.
    cursor = next(e["line"]["cursor"] for e in rpc.events if "cursor" in e["line"])
    assert "resume" in rpc.fails("listen.ack", -32602, listener=first, cursor=cursor)["message"]
    rpc.fails("listen.stop", -32602, listener=99)
    rpc.fails("listen.start", -32000, after_cursor="0123456789abcdef-1")
    running = [first, second, third] + [rpc.call("listen.start", new=True)["listener"] for _ in range(13)]
    same("busy", rpc.fails("listen.start", new=True)["data"]["code"], "a seventeenth")
    # Nothing follows the answer of listen.stop, and with the last listener it is offline.
    for number in running:
        same({"listener": number}, rpc.call("listen.stop", listener=number))
    eventually(lambda: online(bob) == ["bob"], "alice is offline")
    count = len(rpc.events)
    bob.call("send", to="alice", body="nobody listens")
    rpc.call("who")
    same(count, len(rpc.events), "events after the end")
    rpc.fails("listen.stop", -32602, listener=first)
    bob.call("listen.stop", listener=started)
    bob.close()
    rpc.close()


def RPC_of(name):
    home = os.environ["HOME"]
    os.environ["HOME"] = f"{home}/../{name}"
    try:
        return RPC()
    finally:
        os.environ["HOME"] = home


def acknowledging():
    """The resume point moves by `listen.ack` alone."""
    def start():
        rpc = RPC()
        return rpc, rpc.call("listen.start", resume="worker", to_me=True)["listener"]

    rpc, listener = start()
    error = rpc.fails("listen.start", resume="worker")
    same(("resume_point_in_use", 75), (error["data"]["code"], error["data"]["exit"]), "twice")
    bob = RPC_of("bob")
    eventually(lambda: "alice" in online(bob), "alice listens")
    for n in range(4):
        bob.call("send", to="alice", body=f"job {n}")
        bob.call("send", everyone=True, body=f"noise {n}")
    rpc.until(lambda: len(rpc.bodies()) == 4, "four jobs")
    cursors = [e["line"]["cursor"] for e in rpc.events]
    store, position = cursors[3].split("-")
    for wrong in (f"{'0' * 16}-1", f"{store}-{int(position) + 1000}"):
        rpc.fails("listen.ack", -32602, listener=listener, cursor=wrong)
    rpc.fails("listen.ack", -32602, listener=listener, cursor="nonsense")
    same({"listener": listener, "cursor": cursors[1]}, rpc.call("listen.ack", listener=listener, cursor=cursors[1]))
    # One that was acknowledged already moves nothing back.
    rpc.call("listen.ack", listener=listener, cursor=cursors[0])
    rpc.process.kill()
    rpc.process.wait()
    rpc, listener = start()
    rpc.until(lambda: rpc.bodies() == ["job 2", "job 3"], "what was not acknowledged")
    # Orders are carried out as they were written.
    last = rpc.events[-1]["line"]["cursor"]
    ack, stop = rpc.post("listen.ack", listener=listener, cursor=last), rpc.post("listen.stop", listener=listener)
    assert "result" in rpc.answer(ack) and "result" in rpc.answer(stop)
    waiting = json.loads(chat("resume", "list", "--json"))
    same(0, waiting["waiting"], "with the last acknowledgement what the filter left out is done, too")
    rpc.close()
    bob.close()


def asking():
    """Questions are asked and answered beside everything else; who was asked is told when the process goes."""
    rpc, bob = RPC(), RPC_of("bob")
    listener = bob.call("listen.start")["listener"]
    asked = rpc.post("ask", to=["bob", "bob"], question="ship it?", choices=["yes", "no"], id="ship")
    bob.until(lambda: bob.bodies() == ["ship it? [yes/no]"], "the question")
    rpc.call("whoami")
    assert asked not in rpc.answers
    question = bob.events[-1]["line"]["id"]
    bob.call("send", to="alice", body="NO", reply_to=question)
    answer = rpc.answer(asked)["result"]
    same(("dm", "bob", "NO", question, "no"), tuple(answer[k] for k in ("head", "from", "body", "reply_to", "choice")))
    eventually(lambda: online(rpc) == ["bob"], "offline when nothing is asked")
    same(answer, rpc.call("ask", to=["bob"], question="ship it?", choices=["yes", "no"], id="ship"), "the same key")
    same(("no_such_user", 67), tuple(rpc.fails("ask", to=["nobody"], question="?")["data"][k] for k in ("code", "exit")))
    error = rpc.fails("ask", to=["bob"], question="lapses", timeout="5s")
    same(("no_answer", 124), tuple(error["data"][k] for k in ("code", "exit")), "no answer")
    for number, end in enumerate(("terminate", "deaf")):
        rpc = RPC(reads=False)
        rpc.post("ask", to=["bob"], question=f"question {number}")
        bob.until(lambda: f"question {number}" in bob.bodies(), "another question")
        told = lambda: [body for body in bob.bodies() if "nobody waits" in body]
        before = len(told())
        if end == "terminate":
            rpc.process.terminate()
        else:
            rpc.process.stdout.close()
        bob.until(lambda: len(told()) > before, f"that it lapsed, after {end}")
        same(-15 if end == "terminate" else -13, rpc.process.wait(DEADLINE), end)
    bob.close()


def worker(path, total):
    """Notes each job and then acknowledges it, until the last; is killed again and again."""
    rpc = RPC()
    listener = rpc.call("listen.start", resume="worker")["listener"]
    seen = 0
    with open(path, "a", encoding="utf-8") as file:
        while True:
            rpc.until(lambda: len(rpc.events) > seen, "a job")
            line = rpc.events[seen]["line"]
            seen += 1
            file.write(line["body"] + "\n")
            file.flush()
            rpc.call("listen.ack", listener=listener, cursor=line["cursor"])
            if line["body"] == f"job {total}":
                break
    rpc.close()


def deaf_listener(count):
    """Lines for a caller that does not read wait in the store, not in memory; then all of them come, in order."""
    count = int(count)
    rpc = RPC(reads=False)
    rpc.post("listen.start")
    rpc.post("whoami")
    stored = lambda: subprocess.run(
        ["chat", "history", "--json", "--limit", "1", "--search", f"line {count}:"], capture_output=True).returncode == 0
    eventually(stored, "the listener's connection takes in what comes")
    assert rpc.memory() < 120 * 1024, f"{rpc.memory()} KiB"
    rpc.read()
    told = lambda: [body.split(":")[0] for body in rpc.bodies() if body.startswith("line ")]
    rpc.until(lambda: len(told()) >= count, "all lines")
    same([f"line {n}" for n in range(1, count + 1)], told(), "in order")
    rpc.close()


# The server goes and comes. What the scenario is to do is said on stdout, that it was done on stdin.

def please(words):
    print(words, flush=True)
    assert sys.stdin.readline(), "the scenario has ended"


def server_away():
    rpc = RPC("--quiet")
    rpc.call("send", to="bob", body="before any listener")
    waiting = rpc.post("send", to="bob", body="waits for bob", wait="delivered", timeout="60s")
    listener = rpc.call("listen.start", own=True, since="1h")["listener"]
    rpc.until(lambda: len(rpc.bodies()) == 2, "both messages")
    please("connections")
    please("stop")
    error = rpc.fails("send", to="bob", body="too late", timeout="500ms")
    # What goes out in the moment in which the server dies has gone out, for all that is known.
    end = tuple(error["data"][k] for k in ("code", "exit", "sent"))
    assert end in [("unreachable", 69, "no"), ("no_ack", 69, "unknown")], end
    error = rpc.fails("send", to="bob", body="queued", timeout="500ms", queue=True)
    same(("queued", 81, "queued"), (error["data"]["code"], error["data"]["exit"], error["data"]["ack"]["status"]))
    error = rpc.fails("history", sync=True)
    same("unreachable", error["data"]["code"], "sync")
    same(3, len(rpc.call("history")) + 1, "the store can be read")
    patient = [rpc.post("send", to="bob", body=f"patient {n}", timeout="0") for n in range(20)]
    rpc.call("whoami")
    assert not any(number in rpc.answers for number in patient)
    please("start")
    sequence = [rpc.answer(number)["result"]["seq"] for number in patient]
    same(sorted(sequence), sequence, "in order")
    rpc.until(lambda: rpc.bodies()[-1] == "patient 19", "the listener goes on")
    assert "queued" in rpc.bodies(), "the outbox goes first"
    please("bob")
    same("delivered", rpc.answer(waiting)["result"]["status"], "what waited meanwhile")
    # A device that is refused: the listener ends and says why, and the process goes on.
    please("disable")
    rpc.until(lambda: "error" in rpc.events[-1], "the end of the listener")
    end = rpc.events[-1]
    same((listener, 77), (end["listener"], end["error"]["exit"]), "its last event")
    assert {"code", "exit", "text"} <= set(end["error"]), end
    same(77, rpc.fails("send", to="bob", body="refused")["data"]["exit"], "refused")
    rpc.fails("listen.stop", -32602, listener=listener)
    same("alice", rpc.call("whoami")["user"])
    rpc.close()


def throughput(count, size):
    """Not a test: how many messages a second, many in flight."""
    count, size = int(count), int(size)
    rpc = RPC(reads=False)
    body = "x" * size
    data = b"".join(json.dumps({"jsonrpc": "2.0", "id": n, "method": "send", "params": {"to": "bob", "body": body}})
                    .encode() + b"\n" for n in range(count))
    begin = time.monotonic()
    threading.Thread(target=rpc.raw, args=(data,), daemon=True).start()
    answered, last, accepted = 0, b"", 0
    while answered < count:
        chunk = os.read(rpc.process.stdout.fileno(), 1 << 16)
        assert chunk, "it has ended"
        answered += chunk.count(b"\n")
        accepted += chunk.count(b'"accepted"')
    spent = time.monotonic() - begin
    with open(f"/proc/{rpc.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    print(f"{count} in {spent:.2f} s: {count / spent:.0f}/s; chat rpc: user {int(fields[11]) / ticks:.2f} s,"
          f" system {int(fields[12]) / ticks:.2f} s; {rpc.memory()} KiB")
    rpc.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
