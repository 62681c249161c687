#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a terminal of its own and prints what is left on it.

usage: on-terminal.py [--size COLSxROWS] [--on REGEX ACTION]... -- COMMAND...

When what was ever shown matches REGEX, once and in the order given, ACTION is
done: "int" types Ctrl-C, "size=COLSxROWS" resizes the window (which wraps long
lines anew, as terminals do), "pause" sends SIGSTOP and SIGCONT, "stop" types
Ctrl-Z as far as the command is concerned, and SIGCONT follows, "term" sends
SIGTERM, "type=TEXT" types, "touch=FILE" makes a file. The exit code is the command's; 99: the command
printed what this terminal does not know, drew over lines that are not its own,
or left the terminal, when stopped or at its end, otherwise than it was. The screen's largest height is printed as
the last line, "rows N". After two minutes the command is killed.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unicodedata

SECONDS = 120


class Screen:
    """Lines without limit, wrapped at the width; the cursor is at the start
    of a line or at its end."""

    def __init__(self, columns):
        self.columns, self.lines, self.row, self.column = columns, [""], 0, 0
        self.most, self.shown, self.rest = 0, "", ""

    def height(self, line):
        width = sum(self.width(c) for c in self.lines[line])
        return max(1, -(-width // self.columns))

    @staticmethod
    def width(char):
        if unicodedata.combining(char):
            return 0
        return 2 if unicodedata.east_asian_width(char) in "WF" else 1

    def up(self, rows):
        while rows > 0:
            if self.row == 0:
                raise ValueError("cursor above the screen")
            self.row -= 1
            rows -= self.height(self.row)
        if rows < 0:
            raise ValueError("cursor within a wrapped line")

    def escape(self, code):
        kind, args = code[-1], code[2:-1]
        if kind == "A":
            self.up(int(args or 1))
        elif kind == "J" and args in ("", "0"):
            self.lines[self.row] = self.lines[self.row][:self.column]
            del self.lines[self.row + 1:]
        elif kind == "K" and args in ("", "0"):
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif kind != "m":
            raise ValueError(f"unknown escape {code!r}")

    def put(self, char):
        if char == "\n":
            self.row += 1
            self.column = 0
            if self.row == len(self.lines):
                self.lines.append("")
        elif char == "\r":
            self.column = 0
        elif char == "\x03":
            pass  # Ctrl-C's own echo, which terminals show nothing for
        elif ord(char) < 32 or ord(char) == 127:
            raise ValueError(f"unknown control {char!r}")
        else:
            line = self.lines[self.row]
            self.lines[self.row] = (line[:self.column] + char +
                                    line[self.column + 1:])
            self.column += 1

    def feed(self, text):
        # An escape, or CR NL, may come in two pieces.
        text = self.rest + text
        whole = re.sub(r"(\x1b(\[[0-9;?]*)?|\r)\Z", "", text)
        self.rest = text[len(whole):]
        # What follows the line discipline's CR NL is NL to us.
        text = whole.replace("\r\n", "\n")
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.?|[^\x1b]", text,
                               re.S):
            if len(part) > 1 or part == "\x1b":
                self.escape(part)
            else:
                self.put(part)
                self.shown += part
        self.most = max(self.most, sum(self.height(i)
                                       for i in range(len(self.lines))))


def parse(argv):
    size, rules = (80, 24), []
    while argv and argv[0] != "--":
        if argv[0] == "--size":
            size = tuple(map(int, argv[1].split("x")))
            argv = argv[2:]
        elif argv[0] == "--on":
            rules.append((re.compile(argv[1], re.S), argv[2]))
            argv = argv[3:]
        else:
            sys.exit(__doc__)
    return size, rules, argv[1:]


def resize(fd, size):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0],
                                                    0, 0))


def act(action, fd, pid, screen, before):
    if action == "int":
        os.write(fd, b"\x03")
    elif action.startswith("type="):
        os.write(fd, action[5:].encode())
    elif action.startswith("touch="):
        open(action[6:], "w").close()
    elif action == "term":
        os.kill(pid, signal.SIGTERM)
    elif action == "stop":
        os.kill(pid, signal.SIGTSTP)
        os.waitpid(pid, os.WUNTRACED)
        if termios.tcgetattr(fd) != before:
            raise ValueError("the terminal is not as it was, when stopped")
        os.kill(pid, signal.SIGCONT)
    elif action == "pause":
        os.kill(pid, signal.SIGSTOP)
        os.kill(pid, signal.SIGCONT)
    elif action.startswith("size="):
        size = tuple(map(int, action[5:].split("x")))
        screen.columns = size[0]
        resize(fd, size)
    else:
        sys.exit(f"unknown action {action}")


def main():
    size, rules, command = parse(sys.argv[1:])
    pid, fd = pty.fork()
    if pid == 0:
        resize(0, size)
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    before = termios.tcgetattr(fd)
    screen = Screen(size[0])
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    broken = None
    end = time.monotonic() + SECONDS
    while True:
        select.select([fd], [], [], SECONDS)
        if time.monotonic() > end and not broken:
            broken = f"not at its end after {SECONDS} s"
            os.kill(pid, signal.SIGKILL)
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            break
        try:
            screen.feed(decoder.decode(data))
        except ValueError as error:
            broken = broken or error
        try:
            while rules and rules[0][0].search(screen.shown):
                act(rules.pop(0)[1], fd, pid, screen, before)
        except ValueError as error:
            broken = broken or error
            os.kill(pid, signal.SIGKILL)
    if termios.tcgetattr(fd) != before:
        broken = broken or "the terminal is not as it was, at the end"
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print("\n".join(line.rstrip() for line in screen.lines).rstrip("\n"))
    print(f"rows {screen.most}")
    if broken:
        print(f"on-terminal.py: {broken}", file=sys.stderr)
        code = 99
    if rules:
        print(f"on-terminal.py: never shown: {rules[0][0].pattern}", file=sys.stderr)
        code = 99
    sys.exit(code)


main()
