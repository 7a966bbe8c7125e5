"""A server, and people who use it: what the laws in this folder have in common."""

import base64
import json
import os
import socket
import subprocess
import sys
import time

from terminal import PATIENCE, Terminal


class World:
    """A server, and people with profiles of their own."""

    def __init__(self, binaries, scratch):
        self.binaries, self.scratch = binaries, scratch
        self.server = None
        # Bound and never listening, it keeps others from the port while the server is away.
        self.reserved = socket.socket()
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.reserved.getsockname()[1]}"
        self.terminals = []
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC",
            "HOME": scratch, "INPUTRC": "/dev/null",
            "XDG_CONFIG_HOME": scratch + "/config", "XDG_DATA_HOME": scratch + "/data",
            "XDG_STATE_HOME": scratch + "/state",
        }
        self.start()

    def start(self):
        log = open(self.scratch + "/chatd.log", "ab")
        self.server = subprocess.Popen(
            [self.binaries + "/chatd", "run", "--listen", self.address, "--data", self.scratch + "/chatd"],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        words = self.server.stdout.readline().decode().split()
        assert words and words[0] == "listening", f"the server does not start: {words}"
        self.address = words[1]
        self.fingerprint = words[2]

    def stop(self):
        """As a machine that loses its power."""
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server.stdout.close()
        self.server = None

    def end(self):
        for terminal in self.terminals:
            terminal.close()
        if self.server:
            # In good order, so that it takes back the key that it has published on this machine.
            self.server.terminate()
            self.server.wait()
            self.server = None

    def forget_published(self):
        """Takes away the key that the server has published, so that it is any stranger."""
        name = base64.b64decode(self.fingerprint.removeprefix("SHA256:") + "==").hex()
        for place in ["/run", self.environment["XDG_STATE_HOME"]]:
            if os.path.exists(f"{place}/chatd/published/{name}"):
                os.remove(f"{place}/chatd/published/{name}")

    def chat(self, profile, *arguments, text=None, statuses=(0,), **environment):
        """Runs a command of a user's to its end; its output."""
        done = subprocess.run(
            [self.binaries + "/chat", "--profile", profile, *arguments], input=(text or "").encode(),
            env={**self.environment, **environment}, capture_output=True, timeout=PATIENCE)
        assert done.returncode in statuses, f"{arguments}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout.decode()

    def join(self, *users):
        for user in users:
            self.chat(
                user, "--server", self.address, "--trust", self.fingerprint, "register", user, "--password-stdin",
                text="correct horse\n")

    def prompt(self, user, *arguments, shell=None, rows=24, columns=80, **environment):
        command = shell or [self.binaries + "/chat", "--profile", user, *arguments]
        terminal = Terminal(command, {**self.environment, **environment}, rows, columns)
        self.terminals.append(terminal)
        return terminal

    def bodies(self, user, other):
        """What a user has in the conversation with the other, oldest first."""
        lines = self.chat(
            user, "--json", "history", "--sync", "--with", other, "--limit", "5000", statuses=(0, 1)).splitlines()
        return [json.loads(line)["body"] for line in lines]

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while True:
            last = condition()
            if last:
                return last
            assert time.monotonic() < deadline, f"waited in vain until {what}"
            # A program whose screen nobody looks at would wait for that.
            for terminal in self.terminals:
                while terminal.status is None and terminal.read():
                    pass


def run(laws):
    """The entry point of a file of laws: `FILE BINARIES SCRATCH NAME`."""
    binaries, scratch, name = sys.argv[1:]
    world = World(binaries, scratch)
    try:
        laws[name](world)
    finally:
        world.end()
