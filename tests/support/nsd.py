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
  ip-address: 127.0.0.1@{port}
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
def serving(where: Path, zones: Mapping[str, str], *, patience: float = 60.0) -> Iterator[str]:
    """Serve `zones` (origin → file name in `where`); gives `address:port`. RuntimeError if it does not start."""
    if NSD is None:
        raise RuntimeError("NSD is not installed (Debian: apt install nsd)")
    port = _free_port()
    listed = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in zones.items())
    (where / "nsd.conf").write_text(_CONFIG.format(port=port, where=where) + listed)
    process = subprocess.Popen([NSD, "-d", "-c", str(where / "nsd.conf")])
    try:
        _wait(port, process, where / "nsd.log", patience)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path, patience: float) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"NSD does not listen: {log.read_text() if log.exists() else 'no log'}")
