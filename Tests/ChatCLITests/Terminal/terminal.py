"""A program under a pseudo-terminal, and what a person would see on its screen. The standard library alone."""

import codecs
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata


def width(character):
    """Columns that a character takes."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def processes():
    """The state and the process group of every process."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        yield fields[0], int(fields[2])


class Screen:
    """As much of an xterm as readline uses; anything else is an error, so that nothing is overlooked."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [self.blank() for _ in range(rows)]
        self.scrolled = []  # rows that have left at the top
        self.row = self.column = 0
        self.wraps = False  # the cursor hangs behind the last column
        self.pastes = False  # what is pasted gets marks
        self.bells = 0
        self.pending = ""
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def blank(self):
        return [" "] * self.columns

    def resize(self, rows, columns):
        """Cuts and pads, as xterm does: lines do not flow anew."""
        self.cells = [(row + [" "] * columns)[:columns] for row in self.cells]
        self.columns = columns
        while len(self.cells) > rows and self.row > 0:
            self.scrolled.append(self.cells.pop(0))
            self.row -= 1
        del self.cells[rows:]
        while len(self.cells) < rows:
            self.cells.append(self.blank())
        self.rows = rows
        self.column = min(self.column, columns - 1)
        self.wraps = False

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def transcript(self):
        """Everything that was ever shown and not cleared, oldest first."""
        return ["".join(row).rstrip() for row in self.scrolled] + self.lines()

    def line(self):
        """The row of the cursor."""
        return self.lines()[self.row]

    def newline(self):
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.scrolled.append(self.cells.pop(0))
            self.cells.append(self.blank())

    def put(self, character):
        columns = width(character)
        if columns == 0:
            at = self.columns - 1 if self.wraps else self.column - 1
            while at > 0 and self.cells[self.row][at] == "":
                at -= 1
            self.cells[self.row][at] += character
            return
        if self.wraps or self.column + columns > self.columns:
            self.wraps = False
            self.column = 0
            self.newline()
        row = self.cells[self.row]
        row[self.column] = character
        if columns == 2:
            row[self.column + 1] = ""
        self.column += columns
        if self.column >= self.columns:
            self.column, self.wraps = self.columns - 1, True

    ESCAPE = re.compile(r"\x1b(?:\[([?>]?)([0-9;]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78MDEc])")

    def feed(self, data):
        text = self.pending + self.decode(data)
        self.pending = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.control(text[at])
                at += 1
                continue
            match = self.ESCAPE.match(text, at)
            if not match:
                if len(text) - at < 32:
                    self.pending = text[at:]
                    return
                raise AssertionError(f"strange sequence {text[at:at + 32]!r}")
            if match.group(0)[1] == "[":
                self.sequence(*match.groups())
            else:
                raise AssertionError(f"unexpected sequence {match.group(0)!r}")
            at = match.end()

    def control(self, character):
        if character == "\r":
            self.column, self.wraps = 0, False
        elif character == "\n":
            self.wraps = False
            self.newline()
        elif character == "\b":
            self.column, self.wraps = max(0, self.column - 1), False
        elif character == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
        elif character == "\x07":
            self.bells += 1
        elif unicodedata.category(character) in ("Cc", "Zl", "Zp"):
            raise AssertionError(f"a control character reached the terminal: {character!r}")
        else:
            self.put(character)

    def sequence(self, private, parameters, final):
        numbers = [int(number or 0) for number in parameters.split(";")] if parameters else []
        count = max(1, numbers[0] if numbers else 1)
        row = self.cells[self.row]
        if private:
            if final in "hl" and numbers == [2004]:
                self.pastes = final == "h"
            elif not (final in "hl" and numbers in ([1], [1034])):
                raise AssertionError(f"unexpected mode {private}{parameters}{final}")
        elif final == "m":
            return
        elif final in "ABCDGHJKP@X":
            self.wraps = False
            if final == "A":
                self.row = max(0, self.row - count)
            elif final == "B":
                self.row = min(self.rows - 1, self.row + count)
            elif final == "C":
                self.column = min(self.columns - 1, self.column + count)
            elif final == "D":
                self.column = max(0, self.column - count)
            elif final == "G":
                self.column = min(self.columns, count) - 1
            elif final == "H":
                self.row = min(self.rows, count) - 1
                self.column = min(self.columns, numbers[1] if len(numbers) > 1 else 1) - 1
            elif final == "J":
                assert not numbers or numbers[0] in (0, 2), parameters
                if numbers and numbers[0] == 2:
                    self.cells = [self.blank() for _ in range(self.rows)]
                else:
                    row[self.column:] = [" "] * (self.columns - self.column)
                    for below in range(self.row + 1, self.rows):
                        self.cells[below] = self.blank()
            elif final == "K":
                kind = numbers[0] if numbers else 0
                if kind == 0:
                    row[self.column:] = [" "] * (self.columns - self.column)
                elif kind == 1:
                    row[: self.column + 1] = [" "] * (self.column + 1)
                else:
                    row[:] = self.blank()
            elif final == "P":
                row[self.column:] = (row[self.column + count:] + [" "] * count)[: self.columns - self.column]
            elif final == "@":
                row[self.column:] = ([" "] * count + row[self.column:])[: self.columns - self.column]
            elif final == "X":
                row[self.column: self.column + count] = [" "] * count
                del row[self.columns:]
        else:
            raise AssertionError(f"unexpected sequence ESC [ {parameters}{final}")


# Seconds that is waited for what has to come: a machine that is slow and busy fails nothing.
PATIENCE = 180


class Terminal:
    """A program with a screen and a keyboard."""

    def __init__(self, command, environment, rows=24, columns=80, patience=PATIENCE):
        self.screen = Screen(rows, columns)
        self.patience = patience
        self.raw = b""  # everything that was written
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.process = os.fork()
        if self.process == 0:
            os.close(master)
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for descriptor in range(3):
                os.dup2(slave, descriptor)
            if slave > 2:
                os.close(slave)
            try:
                os.execve(command[0], command, environment)
            finally:
                os._exit(127)
        # Kept open: the screen stays readable after the program has ended.
        self.slave = slave
        self.master = master
        os.set_blocking(master, False)
        self.status = None

    def read(self, seconds=0.02):
        """Shows what the program has written; waits a moment for it."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EAGAIN):
                return False
            raise
        self.raw += data
        self.screen.feed(data)
        return bool(data)

    def wait(self, condition, what):
        """Until the screen is as it should be."""
        deadline = time.monotonic() + self.patience
        while not condition(self.screen):
            if time.monotonic() > deadline:
                shown = "\n".join(f"|{line}" for line in self.screen.lines())
                raise AssertionError(
                    f"waited in vain until {what}; the cursor is at row {self.screen.row}, column"
                    f" {self.screen.column} of\n{shown}")
            self.read()
        return self

    def shows(self, text):
        return self.wait(lambda screen: any(text in line for line in screen.transcript()), f"{text!r} is shown")

    def at(self, line, column=None):
        """Until the row of the cursor is this line, and the cursor behind so many of its columns (at its end)."""
        wanted = sum(map(width, line)) if column is None else column
        return self.wait(
            lambda screen: screen.line() == line.rstrip() and screen.column == wanted,
            f"the prompt is {line!r} with the cursor behind column {wanted}")

    def type(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                self.read()
        return self

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        return self

    def send(self, number):
        os.kill(self.process, number)
        return self

    def ends(self, status=0):
        """Until the program has ended, with this status as a shell would see it."""
        deadline = time.monotonic() + self.patience
        while self.status is None:
            self.read()
            process, ended = os.waitpid(self.process, os.WNOHANG)
            if process:
                code = os.waitstatus_to_exitcode(ended)
                self.status = code if code >= 0 else 128 - code
            elif time.monotonic() > deadline:
                raise AssertionError("the program does not end; it shows\n" + "\n".join(self.screen.lines()))
        while self.read(0.05):
            pass
        assert self.status == status, f"it ended with {self.status}, not {status}\n" + "\n".join(self.screen.lines())
        assert termios.tcgetattr(self.slave) == self.before, "the terminal's modes were not put back"
        assert not self.screen.pastes, "pasting with marks was left on"
        return self

    def ends_unseen(self, status):
        """Until the program has ended though nobody looks at the screen."""
        deadline = time.monotonic() + self.patience
        while True:
            process, ended = os.waitpid(self.process, os.WNOHANG)
            if process:
                break
            assert time.monotonic() < deadline, "the program does not end"
            time.sleep(0.05)
        code = os.waitstatus_to_exitcode(ended)
        self.status = code if code >= 0 else 128 - code
        assert self.status == status, f"it ended with {self.status}, not {status}"
        assert termios.tcgetattr(self.slave) == self.before, "the terminal's modes were not put back"

    def hang_up(self):
        """Takes the terminal away, as a connection does that breaks."""
        os.close(self.slave)
        os.close(self.master)
        self.slave = self.master = None
        deadline = time.monotonic() + self.patience
        while self.status is None:
            process, ended = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.status = os.waitstatus_to_exitcode(ended)
            assert time.monotonic() < deadline, "the program does not end"
            time.sleep(0.05)
        assert self.status in (-signal.SIGHUP, 74), f"it ended with {self.status}"

    def runs(self):
        """Has a job of the shell the terminal, and is none of its processes stopped?"""
        group = os.tcgetpgrp(self.master)
        states = [state for state, number in processes() if number == group]
        return group != self.process and states and "T" not in states

    def is_connected(self):
        """Has the program a socket?"""
        folder = f"/proc/{self.process}/fd"
        for name in os.listdir(folder):
            try:
                if os.readlink(f"{folder}/{name}").startswith("socket:"):
                    return True
            except FileNotFoundError:
                pass  # It was closed since it was listed.
        return False

    def is_full(self):
        """Waits until the terminal takes no more, since nobody reads what it shows."""
        deadline = time.monotonic() + self.patience
        while select.select([], [self.slave], [], 0)[1]:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def close(self):
        if self.status is None:
            try:
                os.kill(self.process, signal.SIGKILL)
                os.waitpid(self.process, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        if self.master is not None:
            os.close(self.master)
            os.close(self.slave)
