"""A real Ringwall site for the end-to-end tests: its folder, its process, and the command line that asks it."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOMAIN = "ringwall.test"
DEMO_NET = "127.18.133."

# A service script that hands the caller to the queue at once, for tests that are not about the greeting.
QUICK_SCRIPT = """<?xml version="1.0"?>
<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml"><form><block><exit/></block></form></vxml>
"""


def binary() -> Path:
    return Path(os.environ.get("RINGWALL_BINARY", REPOSITORY / "build/release/ringwall")).resolve()


def wait_until(condition, timeout, what):
    """Asks again and again until condition() is true; its value. Fails with `what` after timeout seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(0.03)


class Addresses:
    """Gives each site of this session a net of its own, 127.A.B.; no other session has the same A meanwhile."""

    def __init__(self):
        for candidate in range(80):
            self.first = 20 + (os.getpid() + candidate) % 80
            self._lock = open(f"/tmp/ringwall-e2e-{self.first}.lock", "w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                self._lock.close()
        else:
            raise RuntimeError("80 test sessions run at once")
        self._next = 0

    def take(self) -> str:
        self._next += 1
        return f"127.{self.first}.{(os.getpid() + self._next) % 250 + 1}."


class Finished:
    """What a command said."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


class Process:
    """A child process with its output in files; ended by its pid."""

    def __init__(self, arguments, log, environment=None):
        self.arguments = [str(argument) for argument in arguments]
        self.out_file, self.err_file = Path(f"{log}.out"), Path(f"{log}.err")
        with open(self.out_file, "wb") as out, open(self.err_file, "wb") as err:
            self.popen = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)

    @property
    def pid(self):
        return self.popen.pid

    @property
    def out(self):
        return self.out_file.read_text(errors="replace")

    @property
    def err(self):
        return self.err_file.read_text(errors="replace")

    def running(self):
        return self.popen.poll() is None

    def wait(self, timeout=30):
        """The exit code; fails when the process does not end."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.end()
            raise AssertionError(f"still running after {timeout} s: {' '.join(self.arguments)}\n{self.out}{self.err}") from None

    def json(self, timeout=30):
        """Waits for the end; what the process printed, as JSON."""
        self.wait(timeout)
        return json.loads(self.out)

    def end(self):
        for stop in (self.popen.terminate, self.popen.kill):
            if not self.running():
                return
            stop()
            try:
                self.popen.wait(3)
            except subprocess.TimeoutExpired:
                continue


class Site:
    """A site folder and the process that runs it.

    edits: (pattern, replacement) pairs for ringwall.toml, regular expressions, each of which must match;
    include: {name: text} for include.d/<name>.toml. In both, NET stands for the site's net, such as "127.20.3.".
    scripts: {name: text} for vxml/. quick: the service hands the caller to the queue at once.
    """

    def __init__(self, folder: Path, net: str, edits=(), include=None, scripts=None, quick=False):
        self.folder, self.net, self.domain = folder, net, DOMAIN
        self.process = None
        self.log_file = folder.parent / f"{folder.name}.log"
        self._children = []
        self._count = 0
        run = subprocess.run([binary(), "init", folder], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, f"ringwall init failed: {run.stderr}"
        toml = self.configuration.read_text()
        assert DEMO_NET in toml
        self.configuration.write_text(toml.replace(DEMO_NET, net))
        for name, text in (scripts or {}).items():
            (folder / "vxml" / name).write_text(text)
        if quick:
            (folder / "vxml" / "quick.vxml").write_text(QUICK_SCRIPT)
            edits = [*edits, (r'script = "welcome.vxml"( +#|\n)', r'script = "quick.vxml"\1')]
        self.edit(*edits)
        for name, text in (include or {}).items():
            self.include(name, text)

    # -- configuration

    @property
    def configuration(self) -> Path:
        return self.folder / "ringwall.toml"

    def edit(self, *edits):
        text = self.configuration.read_text()
        for pattern, replacement in edits:
            text, count = re.subn(pattern, replacement.replace("NET", self.net), text)
            assert count, f"ringwall.toml holds no {pattern!r}"
        self.configuration.write_text(text)

    def include(self, name, text):
        parts = self.folder / "include.d"
        parts.mkdir(exist_ok=True)
        (parts / f"{name}.toml").write_text(text.replace("NET", self.net))

    def address(self, last_number) -> str:
        """The site's address that ends as the demo site's does: 226 edge, 13 call server, 143 voice browser, 3 call
        manager, 76 the caller, 75 an agent's phone."""
        return f"{self.net}{last_number}"

    # -- the process

    def start(self, *arguments, environment=None):
        """Runs the site and waits until it answers."""
        assert self.process is None or not self.process.running()
        log = open(self.log_file, "ab")
        command = [str(binary()), "--site", str(self.folder), "run", *map(str, arguments)]
        self.process = Process.__new__(Process)
        self.process.arguments, self.process.out_file, self.process.err_file = command, self.log_file, self.log_file
        with log:
            self.process.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        wait_until(self.answers, 30, f"the site runs; its log:\n{self.log_text()}")
        return self

    def answers(self):
        assert self.process.running(), f"the site ended with {self.process.popen.returncode}:\n{self.log_text()}"
        return self.ask("show", "ports").code == 0

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """As a power failure: nothing is told, nothing is put away."""
        self.signal(signal.SIGKILL)
        self.process.popen.wait(10)

    def stop(self):
        """Ends the site and what was started beside it. Fails if the site stopped by itself or by an abort."""
        for child in self._children:
            child.end()
        process, self.process = self.process, None
        if process is None:
            return
        if process.running():
            # The first SIGTERM lets running calls end by themselves, the second one ends them.
            for seconds in (3, 5):
                process.popen.terminate()
                try:
                    process.popen.wait(seconds)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                process.popen.kill()
                process.popen.wait(10)
                raise AssertionError(f"the site did not end by SIGTERM; its log:\n{self.log_text()}")
        code = process.popen.returncode
        assert code in (0, -signal.SIGKILL), f"the site ended with {code}; its log:\n{self.log_text()}"

    def log_text(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def descriptors(self) -> int:
        """How many files and sockets the site's process has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # -- the command line

    def ask(self, *arguments, json=False, timeout=60, folder=None) -> Finished:
        """`ringwall ARGUMENTS` on this site (or on another folder), whatever its exit code."""
        command = [str(binary()), "--site", str(folder or self.folder), *(["--json"] if json else []), *map(str, arguments)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        return Finished(run.returncode, run.stdout, run.stderr)

    def ringwall(self, *arguments, json=True, timeout=60):
        """`ringwall ARGUMENTS`, which must succeed: its JSON, or its text with json=False."""
        done = self.ask(*arguments, json=json, timeout=timeout)
        assert done.code == 0, f"ringwall {' '.join(map(str, arguments))}: {done.err}{done.out}"
        return done.json if json else done.out

    def calls(self):
        return self.ringwall("show", "calls")["calls"]

    def connections(self, element="edge"):
        """One element's connections: totals, connections, listeners, handshake_failures."""
        return next(e for e in self.ringwall("show", "connections")["elements"] if e["element"] == element)

    def refusals(self):
        return self.ringwall("show", "refusals")["refusals"]

    def agent(self, number):
        return next(a for a in self.ringwall("show", "agents")["agents"] if a["agent"] == str(number))

    def queue(self, skill_group="support"):
        return next(q for q in self.ringwall("show", "queues")["queues"] if q["skill_group"] == skill_group)

    def registered(self, line):
        return any(r["address_of_record"] == f"sip:{line}@{self.domain}" for r in self.ringwall("show", "registrations")["registrations"])

    def issue(self, name, folder=None, **options) -> Path:
        """Certificates for a name; the folder with client.crt, client.key, server.crt, server.key, chain.pem, anchors.pem."""
        self._count += 1
        out = Path(folder or self.folder.parent / f"{self.folder.name}-issued-{self._count}")
        words = [word for option, value in options.items() for word in (f"--{option}", str(value))]
        self.ringwall("pki", "issue", "--name", name, "--out", out, *words)
        return out

    def carrier(self) -> Path:
        """The identity of the peer of the trunk 'carrier', made once."""
        out = self.folder.parent / f"{self.folder.name}-carrier"
        return out if out.exists() else self.issue(f"carrier.{self.domain}", out)

    # -- beside it

    def child(self, arguments, name="child", environment=None) -> Process:
        """A process that ends with the site."""
        self._count += 1
        process = Process(arguments, self.folder.parent / f"{self.folder.name}-{self._count}-{name}", environment)
        self._children.append(process)
        return process

    def phone_process(self, arguments, identity, address, server, server_name, user) -> Process:
        """`ringwall phone`; its json() are the facts that it reports."""
        return self.child([binary(), "--json", "phone", "--identity", identity, "--address", address, "--server", server, "--server-name",
                           server_name, "--user", user, "--domain", self.domain, *map(str, arguments)], f"phone-{user}")

    def caller(self, number="6016", *arguments, user="5550100", identity=None) -> Process:
        """The carrier's phone calls the number."""
        return self.phone_process(["--call", number, *arguments], identity or self.carrier(), self.address(76),
                                  f"{self.address(226)}:5061", f"edge.{self.domain}", user)

    def agent_phone(self, line, *arguments) -> Process:
        """The registered phone of a line, made to do what the arguments say (default: answer a call)."""
        identity = self.folder / "pki" / "phones" / f"phone{line}"
        process = self.phone_process(["--register", *(arguments or ["--answer"])], identity, self.address(75),
                                     f"{self.address(3)}:5061", f"call-manager.{self.domain}", line)
        wait_until(lambda: self.registered(line) or not process.running(), 15, f"phone {line} is registered")
        assert process.running(), f"phone {line}: {process.out}{process.err}"
        return process

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
