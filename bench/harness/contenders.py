"""The contenders: which programs they are, and how each is configured and started for a case."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .cases import Case, Log

CONFIGS = Path(__file__).parent.parent / "configs"
OURS = "load-balancer"


@dataclass(frozen=True)
class Contender:
    """One program. `kind` is nginx, haproxy or load-balancer; `command` starts it, before its arguments."""

    name: str
    kind: str
    command: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Setting:
    """Where a contender of one run listens, and what it has beside it."""

    dir: Path
    tls: Path
    http: str
    https: str
    admin: str
    servers: list[str]
    log_sink: str

    @property
    def access_log(self) -> Path:
        """The file of those who log to a file."""
        return self.dir / "access.log"


def configure(contender: Contender, case: Case, setting: Setting) -> list[str]:
    """Writes the configuration; gives the whole command."""
    write, arguments = {
        "nginx": (nginx, ["-p", "@DIR@", "-e", "@DIR@/error.log", "-c"]),
        "haproxy": (haproxy, ["-f"]),
        OURS: (load_balancer, ["--config"]),
    }[contender.kind]
    path = write(case, setting)
    words = [word.replace("@DIR@", str(setting.dir)) for word in arguments]
    return [*contender.command, *words, str(path), *(["run"] if contender.kind == OURS else [])]


def nginx(case: Case, setting: Setting) -> Path:
    """nginx: 64 KiB buffers where they help it, its defaults for memory and small bodies."""
    on = f"{setting.access_log} {case.log} buffer=64k flush=1s"
    return fill(
        "nginx.conf",
        setting,
        SERVERS="\n".join(f"        server {address};" for address in setting.servers),
        ACCESS_LOG="off" if case.log is Log.OFF else on,
        BUFFERS=(CONFIGS / "nginx-buffers.conf").read_text() if case.large else "",
    )


def haproxy(case: Case, setting: Setting) -> Path:
    """HAProxy: its log leaves through a ring."""
    fields = (
        r'{"ts":"%[date,ltime(%Y-%m-%dT%H:%M:%S)]","request_id":"%ID","client":"%ci","method":"%HM",'
        r'"host":"%[capture.req.hdr(0),json(utf8s)]","path":"%[capture.req.uri,json(utf8s)]","status":%ST,'
        r'"bytes_in":%U,"bytes_out":%B,"duration":%Tt,"server":"%s","retries":"%rc","termination":"%tsc",'
        r'"user_agent":"%[capture.req.hdr(1),json(utf8s)]"}'
    )
    log_format = fields.replace("\\", "\\\\").replace('"', r"\"").replace(" ", r"\ ")
    on = [
        "log ring@requests len 2048 format raw local0 info",
        "capture request header Host len 64",
        "capture request header User-Agent len 128",
        f"log-format {log_format}",
    ]
    logs = case.log is not Log.OFF
    ring = (CONFIGS / "haproxy-ring.cfg").read_text().replace("@LOG_SINK@", setting.log_sink)
    return fill(
        "haproxy.cfg",
        setting,
        SERVERS="\n".join(f"    server backend-{n} {a}" for n, a in enumerate(setting.servers, 1)),
        LOG="\n    ".join(on) if logs else "",
        RING=ring if logs else "",
    )


def load_balancer(case: Case, setting: Setting) -> Path:
    """Ours."""
    on = f'enabled = true\nformat = "{case.log}"\npath = "{setting.access_log}"'
    return fill(
        "load-balancer.toml",
        setting,
        SERVERS="\n".join(f'  {{ name = "backend-{n}", address = "{a}" }},' for n, a in enumerate(setting.servers, 1)),
        ACCESS_LOG="enabled = false" if case.log is Log.OFF else on,
    )


def fill(template: str, setting: Setting, **values: str) -> Path:
    """Fills a template of bench/configs into the run's directory."""
    values |= {"DIR": str(setting.dir), "TLS": str(setting.tls), "ADMIN": setting.admin}
    values |= {"HTTP": setting.http, "HTTPS": setting.https}
    text = re.sub(r"@([A-Z]+(?:_[A-Z]+)*)@", lambda found: values.get(found[1], found[0]), (CONFIGS / template).read_text())
    path = setting.dir / template
    path.write_text(text)
    return path


def find(binary: Path, peers: Path | None) -> list[Contender]:
    """Every contender that is there: the system's nginx and HAProxy, those of bench/peers.sh, and ours."""
    found = [installed(kind, kind, ()) for kind in ("nginx", "haproxy")]
    if peers and (peers / "usr/sbin").is_dir():
        found += [installed(f"{kind}-new", kind, brought(peers, kind)) for kind in ("nginx", "haproxy")]
    if binary.exists():
        found.append(Contender(OURS, OURS, (str(binary),), version([str(binary), "--version"])))
    return [contender for contender in found if contender]


def installed(name: str, kind: str, command: tuple[str, ...]) -> Contender | None:
    """A peer, where it can be found."""
    if not command:
        path = shutil.which(kind, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if not path:
            return None
        command = (path,)
    return Contender(name, kind, command, version([*command, "-v"]))


def brought(peers: Path, kind: str) -> tuple[str, ...]:
    """A program of another Debian, run by that Debian's own loader and libraries."""
    loader = next(peers.glob("lib*/ld-linux-*"), None) or next(peers.glob("usr/lib/*/ld-linux-*"))
    libraries = next(peers.glob("usr/lib/*-linux-gnu"))
    return (str(loader), "--library-path", str(libraries), str(peers / "usr/sbin" / kind))


def version(command: list[str]) -> str:
    """The first version number a program tells."""
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"\d+\.\d+(?:\.\d+)?", told.stdout + told.stderr)
    return found[0] if found else "unknown"
