"""Writes down each signal that comes, a line each; ends with status 7 at TERM.

    witness.py FILE [NAME...]      NAMEs are left as they are

FILE.pid gets its process id and that of its parent.
"""

import os
import signal
import sys

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def note(number, frame):
    name = signal.Signals(number).name[3:]
    if name == "WINCH":
        size = os.get_terminal_size(1)
        name += f" {size.lines}x{size.columns}"
    os.write(file, (name + "\n").encode())
    if name == "TERM":
        os._exit(7)


for name in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "CONT", "WINCH"]:
    if name not in sys.argv[2:]:
        signal.signal(getattr(signal, "SIG" + name), note)
with open(sys.argv[1] + ".pid", "w") as ids:
    ids.write(f"{os.getpid()} {os.getppid()}\n")
os.write(file, b"ready\n")
print("ready", flush=True)
while True:
    signal.pause()
