"""Runs a command on a pseudo-terminal and talks with it; its status (128 + N for signal N) is ours.

    at_terminal.py COMMAND [ARGUMENT...] <<END
    expect TEXT      waits until TEXT has been shown (since the last expect)
    send TEXT        types TEXT; escapes as in Python strings, so \\n is Enter and \\x03 is Ctrl-C
    echo on|off      what is typed now must be shown, or must not
    size ROWS COLUMNS
    until COMMAND    waits until this shell command succeeds
    END

What was shown goes to standard output.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

DEADLINE = 180
steps = [line.split(" ", 1) for line in sys.stdin.read().splitlines() if line]
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown, seen = b"", 0


def read(pause):
    """Takes what there is to read; False at the end."""
    global shown
    if not select.select([terminal], [], [], pause)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        data = b""
    shown += data
    return bool(data)


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end or not read(0.05) and not condition():
            sys.stdout.buffer.write(shown)
            sys.exit(f"at_terminal: not seen: {what}")


def is_echoing():
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


for verb, text in steps:
    if verb == "expect":
        wanted = text.encode()
        until(lambda: wanted in shown[seen:], text)
        seen = shown.index(wanted, seen) + len(wanted)
    elif verb == "send":
        os.write(terminal, text.encode().decode("unicode_escape").encode("latin-1"))
    elif verb == "echo":
        until(lambda: is_echoing() == (text == "on"), f"echo {text}")
    elif verb == "until":
        until(lambda: subprocess.call(["sh", "-c", text], stderr=subprocess.DEVNULL) == 0, text)
    elif verb == "size":
        rows, columns = map(int, text.split())
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
while read(0.05):
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        break
else:
    _, status = os.waitpid(child, 0)
while select.select([terminal], [], [], 0)[0] and read(0):
    pass
sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
