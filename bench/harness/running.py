"""A contender that runs: started for one measurement, checked, and ended with all of its children."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import procfs
from .cases import Case, Log
from .contenders import Contender, Setting, configure
from .load import pinned
from .upstreams import Upstreams

# Logs go to memory: what a disk does is nobody's merit.
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
FLUSHED_WITHIN = 5.0
READY_WITHIN = 15.0


class StartError(Exception):
    """A contender did not begin to serve; the text is what it said."""


class Running:
    """A contender in front of the upstreams, serving one case."""

    def __init__(self, contender: Contender, case: Case, upstreams: Upstreams, tls: Path, cores: set[int]) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="bench-", dir=SCRATCH))
        self.dir.chmod(0o755)  # nginx's workers are another user
        http_port, https_port, admin = (f"127.0.0.1:{port}" for port in free_ports(3))
        servers, sink = upstreams.servers, upstreams.log_sink
        self.setting = Setting(self.dir, tls, http_port, https_port, admin, servers, sink)
        self.case, self.contender, self.upstreams = case, contender, upstreams
        self.output = self.dir / "output"
        self.answered = 0
        command = [*pinned(cores), *configure(contender, case, self.setting)]
        with self.output.open("w") as output:
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def __enter__(self) -> "Running":
        try:
            self._wait_until_it_serves()
        except BaseException:
            self.__exit__()
            raise
        self.pids = procfs.tree(self._child.pid)
        return self

    def __exit__(self, *_: object) -> None:
        pids = procfs.tree(self._child.pid) if self._child.poll() is None else []
        self._child.terminate()
        try:
            self._child.wait(0.3)
        except subprocess.TimeoutExpired:
            for pid in reversed(pids):
                end(pid)
            self._child.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    @property
    def target(self) -> str:
        """Where the clients of this case go."""
        return self.setting.https if self.case.tls else self.setting.http

    def _wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while (problem := self._problem()) is not None:
            if self._child.poll() is not None or time.monotonic() > deadline:
                said = "".join(file.read_text() for file in (self.output, self.dir / "error.log") if file.exists())
                raise StartError(f"{self.contender.name}: {problem}\n{said.strip()}")
            time.sleep(0.02)

    def _problem(self) -> str | None:
        """What is wrong with one proxied answer; None when it is as it should be."""
        connection = http.client.HTTPConnection(self.setting.http, timeout=2)
        try:
            connection.request("GET", "/200")
            answer = connection.getresponse()
            body = answer.read()
            self.answered += 1
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()
        if (answer.status, body) != (200, b"x" * 200):
            return f"status {answer.status}, {len(body)} bytes"
        missing = [name for name in ("X-Request-Id", "X-Served-By") if not answer.getheader(name)]
        return f"no {', '.join(missing)}" if missing else None

    def earlier_log_lines(self) -> int:
        """Lines before any client came: those of the requests that asked whether it serves."""
        earlier = self.upstreams.counters()["log_lines"] if self.contender.kind == "haproxy" else 0
        return self.wait_for_log(earlier + self.answered)

    def log_lines(self) -> int:
        """Lines of the access log that have come out so far."""
        if self.contender.kind == "haproxy":
            return self.upstreams.counters()["log_lines"]
        return count_lines(self.setting.access_log)

    def wait_for_log(self, expected: int) -> int:
        """Waits until the log has so many lines or time is up; gives what it has."""
        if self.case.log is Log.OFF:
            return 0
        deadline = time.monotonic() + FLUSHED_WITHIN
        while (lines := self.log_lines()) < expected and time.monotonic() < deadline:
            time.sleep(0.1)
        return lines


def count_lines(path: Path) -> int:
    """Newlines in a file; none where there is no file."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [it.getsockname()[1] for it in sockets]
    for it in sockets:
        it.close()
    return ports


def end(pid: int) -> None:
    """Kills a process of ours that has not ended when asked."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
