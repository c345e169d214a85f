"""Unbound on loopback as the recursive resolver in front of an authoritative server, for the time of a `with`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import nsd

UNBOUND = shutil.which("unbound") or shutil.which("unbound", path="/usr/sbin:/usr/local/sbin")

# Not validating, since the zone is not signed. The zones that Unbound answers by itself (test., invalid. and the
# private networks) are asked for too: the server behind it knows the whole tree.
_CONFIG = """\
server:
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  do-ip6: no
  username: ""
  chroot: ""
  directory: "{where}"
  pidfile: "{where}/unbound.pid"
  use-syslog: no
  logfile: "{where}/unbound.log"
  module-config: "iterator"
  do-not-query-localhost: no
  num-threads: 1
  outgoing-range: 8192
  num-queries-per-thread: 4096
  msg-cache-size: 64m
  rrset-cache-size: 128m
  so-rcvbuf: 4m
  so-sndbuf: 4m
  edns-buffer-size: 1232
  qname-minimisation: no
  unblock-lan-zones: yes
  local-zone: "test." nodefault
  local-zone: "invalid." nodefault
remote-control:
  control-enable: no
stub-zone:
  name: "."
  stub-addr: {server}
"""


@contextmanager
def resolving(where: Path, server: str, *, patience: float = 30.0) -> Iterator[str]:
    """Run Unbound in front of `server` (`IP:port`, authoritative for the root); gives `address:port`.

    RuntimeError if it is not installed or does not start.
    """
    if UNBOUND is None:
        raise RuntimeError("Unbound is not installed (Debian: apt install unbound)")
    port = nsd.free_port("127.0.0.1")
    config = where / "unbound.conf"
    config.write_text(_CONFIG.format(port=port, where=where, server=server.replace(":", "@")))
    process = subprocess.Popen([UNBOUND, "-d", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        nsd.wait("127.0.0.1", port, process, where / "unbound.log", patience)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
