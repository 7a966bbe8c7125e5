"""Types lines into a real shell under a pseudo-terminal, each followed by Tab, and reads what it offers.

    drive.py SETUP OFFERS SHELL [ARGUMENT...] < LINES

The setup makes the shell write what it offers to the file OFFERS, and on Ctrl-X Ctrl-F a line "== " with what then
stands on the command line, which it empties. Here nothing is waited for but that.
"""

import os
import pty
import select
import sys
import time

setup, offers, *command = sys.argv[1:]
lines = sys.stdin.read().splitlines()
deadline = time.monotonic() + 60
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)


def wait(marks):
    """Until so many lines were finished; what the terminal shows is read and thrown away."""
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.01)[0]:
            try:
                os.read(terminal, 65536)
            except OSError:
                sys.exit("the shell is gone")
        with open(offers, encoding="utf-8", errors="replace") as file:
            if sum(line.startswith("== ") for line in file) >= marks:
                return
    sys.exit(f"the shell does not answer; line {marks}")


os.write(terminal, f". {setup}\n".encode())
wait(1)
for number, line in enumerate(lines):
    os.write(terminal, line.encode() + b"\t\x18\x06")
    wait(number + 2)
os.close(terminal)
