"""NSD on loopback, serving zone files, for the time of a `with`."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NSD = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin:/usr/local/sbin")

_CONFIG = """\
server:
  server-count: 1
  ip-address: {host}@{port}
  username: ""
  chroot: ""
  zonesdir: "{where}"
  database: ""
  pidfile: "{where}/nsd.pid"
  xfrdfile: "{where}/xfrd.state"
  zonelistfile: "{where}/zone.list"
  logfile: "{where}/nsd.log"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  receive-buffer-size: 8388608
  send-buffer-size: 8388608
remote-control:
  control-enable: no
"""


@contextmanager
def serving(
    where: Path, zones: Mapping[str, str], *, host: str = "127.0.0.1", patience: float = 60.0
) -> Iterator[str]:
    """Serve `zones` (origin → file name in `where`); gives `address:port`. RuntimeError if it does not start."""
    if NSD is None:
        raise RuntimeError("NSD is not installed (Debian: apt install nsd)")
    port = free_port(host)
    listed = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in zones.items())
    (where / "nsd.conf").write_text(_CONFIG.format(host=host, port=port, where=where) + listed)
    process = subprocess.Popen([NSD, "-d", "-c", str(where / "nsd.conf")])
    try:
        wait(host, port, process, where / "nsd.log", patience)
        yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def free_port(host: str) -> int:
    """A TCP port that nobody has; nor does anybody have it for UDP, most probably."""
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait(host: str, port: int, process: subprocess.Popen[bytes], log: Path, patience: float) -> None:
    """Until a server takes connections; RuntimeError with its log when it does not."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with socket.socket(_family(host)) as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} does not listen: {log.read_text() if log.exists() else 'no log'}")
