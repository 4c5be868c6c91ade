# SPDX-License-Identifier: Apache-2.0
"""Processes of the test: started, watched, signalled, and gone when the test is."""

import ctypes
import json
import signal
import subprocess
import time

from lib.checks import PATIENCE, Failed, equal, wait_for

_libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
DAMAGE = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "check failed")


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Program:
    """One life of a process, with its output in a file."""

    def __init__(self, name, command, variables, log, stderr=None):
        self.name = name
        self.log_path = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [str(part) for part in command], env=variables, stdin=subprocess.DEVNULL,
                stdout=out, stderr=stderr or out, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def events(self, name):
        """Log lines of an event, as dicts."""
        found = []
        for line in self.log().splitlines():
            if f'"event":"{name}"' in line:
                found.append(json.loads(line))
        return found

    def is_running(self):
        return self.process.poll() is None

    def wait_event(self, name, seconds=PATIENCE, count=1):
        """Waits for the count-th log line of an event, and returns it."""
        def probe():
            found = self.events(name)
            if len(found) >= count:
                return found[count - 1]
            if not self.is_running():
                raise Failed(f"{self.name} ended with {self.process.returncode} "
                             f"before {name}: {self.log()[-1500:]}")
            return None
        return wait_for(f"event {name} of {self.name}", probe, seconds)

    def wait_text(self, text, seconds=PATIENCE):
        """Waits until it has said so."""
        def probe():
            if not self.is_running():
                raise Failed(f"{self.name} ended with {self.process.returncode}: {self.log()[-1500:]}")
            return text in self.log()
        wait_for(f"{text} of {self.name}", probe, seconds)

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE):
        """The exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            said = self.log()[-1500:]
            raise Failed(f"{self.name} still runs after {seconds} s: {said}") from None

    def kill(self):
        """SIGKILL; the exit code shows that the signal ended it and nothing before."""
        self.send(signal.SIGKILL)
        return self.wait()

    def stop(self, number=signal.SIGTERM, seconds=PATIENCE):
        """Asks it to stop, wants exit code 0; returns how many seconds it took."""
        began = time.monotonic()
        self.send(number)
        code = self.wait(seconds)
        equal(code, 0, f"exit code of {self.name}, asked to stop; log: {self.log()[-1500:]}")
        return time.monotonic() - began

    def end(self):
        """For clean-ups: whatever it does."""
        if self.is_running():
            self.process.kill()
            self.process.wait()

    def damage(self):
        """The first line that a sanitizer or an assertion has left, or None."""
        for line in self.log().splitlines():
            if any(word in line for word in DAMAGE):
                return line
        return None


class Done:
    """A process that has run to its end."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err
        self.text = out + err


def run(command, variables, stdin="", stdout=subprocess.PIPE, seconds=PATIENCE):
    """Runs a command to its end; output as text."""
    done = subprocess.run(
        [str(part) for part in command], env=variables, input=stdin, text=True, stdout=stdout,
        stderr=subprocess.PIPE, timeout=seconds, preexec_fn=_die_with_parent)
    for line in done.stderr.splitlines():
        if any(word in line for word in DAMAGE):
            raise Failed(f"{command[0]}: {line}")
    return Done(done.returncode, done.stdout or "", done.stderr)
