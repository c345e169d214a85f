"""Dovecot's submission server and Postfix with SASL on loopback, for the time of a `with`, with users of our own.

    with dovecot({"jan@example.test": "pässwörd"}, pair) as server:
        ...                      # server.starttls, server.implicit: the ports

They run from Debian's packages with all of their files in a folder under /tmp, as whoever runs the tests; Postfix's
master must be started by root, so elsewhere `sudo` does that where it asks for no password.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.demo.certificates import Pair
from tests.support.smtp_server import polite, serving

HOST = "127.0.0.1"
PATIENCE = 60.0

_SBIN = "/usr/sbin:/usr/local/sbin"
DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path=_SBIN)
POSTFIX_MASTER = Path("/usr/lib/postfix/sbin/master")
SASLPASSWD = shutil.which("saslpasswd2") or shutil.which("saslpasswd2", path=_SBIN)


@dataclass(frozen=True, slots=True)
class MailServer:
    """The ports of a server that runs."""

    starttls: int
    implicit: int


def no_dovecot() -> str:
    """Why Dovecot cannot be run here; empty if it can."""
    if DOVECOT is None or not Path("/usr/lib/dovecot/submission-login").exists():
        return "Dovecot's submission server is not installed (Debian: apt install dovecot-submissiond)"
    return ""


def no_postfix() -> str:
    """Why Postfix cannot be run here; empty if it can."""
    if not POSTFIX_MASTER.exists() or SASLPASSWD is None:
        return "Postfix with SASL is not installed (Debian: apt install postfix sasl2-bin libsasl2-modules)"
    if _as_root() is None:
        return "Postfix's master must be started by root, and sudo asks for a password"
    return ""


def _as_root() -> list[str] | None:
    """What to put before a command that root has to run; None where nobody lets us."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


_DOVECOT = """\
base_dir = {where}/run
state_dir = {where}/state
log_path = {where}/log
protocols = submission
listen = {host}
hostname = mail.example.test
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
auth_username_chars =
disable_plaintext_auth = yes
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:{where}/mail/%u
submission_relay_host = {host}
submission_relay_port = {relay}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {where}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={where}/mail allow_all_users=yes
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {starttls}
  }}
  inet_listener submissions {{
    port = {implicit}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@contextmanager
def dovecot(
    users: Mapping[str, str], pair: Pair, mechanisms: str = "plain login cram-md5"
) -> Iterator[MailServer]:
    """RuntimeError, with its log, if it does not start."""
    if DOVECOT is None:
        raise RuntimeError(no_dovecot())
    root = os.geteuid() == 0
    me = pwd.getpwuid(os.geteuid())
    mail = pwd.getpwnam("nobody") if root else me
    group = "dovecot" if root else grp.getgrgid(os.getegid()).gr_name
    with _folder() as where, serving(polite(mechanisms=None, starttls=False)) as relay:
        server = MailServer(_free_port(), _free_port())
        listed = "".join(f"{user}:{{PLAIN}}{password}\n" for user, password in users.items())
        (where / "users").write_text(listed, encoding="utf-8")
        (where / "mail").mkdir(mode=0o777)
        (where / "dovecot.conf").write_text(
            _DOVECOT.format(
                where=where,
                host=HOST,
                internal="dovecot" if root else me.pw_name,
                login="dovenull" if root else me.pw_name,
                group=group,
                mechanisms=mechanisms,
                certificate=pair.certificate,
                key=pair.key,
                relay=relay.port,
                uid=mail.pw_uid,
                gid=mail.pw_gid,
                starttls=server.starttls,
                implicit=server.implicit,
            )
        )
        command = [DOVECOT, "-F", "-c", str(where / "dovecot.conf")]
        process = subprocess.Popen(command, start_new_session=True)
        try:
            _wait(server, process, where / "log")
            yield server
        finally:
            process.terminate()
            _join(process)
            with contextlib.suppress(ProcessLookupError):  # those of its own that are still at work
                os.killpg(process.pid, signal.SIGKILL)


_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {where}/queue
data_directory = {where}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {where}/queue/log
maillog_file_prefixes = {where}
myhostname = mail.example.test
mydestination =
mynetworks = 127.0.0.2/32
inet_protocols = ipv4
alias_maps =
alias_database =
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {where}/sasl
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_error_sleep_time = 0
"""
_MASTER_CF = """\
{host}:{starttls} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
{host}:{implicit} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""
_SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {where}/sasl/users
mech_list: {mechanisms}
"""
_QUEUES = (
    "pid",
    "private",
    "public",
    "active",
    "incoming",
    "deferred",
    "defer",
    "maildrop",
    "bounce",
    "hold",
    "corrupt",
)


@contextmanager
def postfix(
    users: Mapping[str, str], pair: Pair, mechanisms: str = "PLAIN LOGIN CRAM-MD5"
) -> Iterator[MailServer]:
    """RuntimeError, with its log, if it does not start."""
    as_root = _as_root()
    if as_root is None or SASLPASSWD is None:
        raise RuntimeError(no_postfix())
    with _folder(as_root) as where:
        server = MailServer(_free_port(), _free_port())
        for name in ("data", "sasl", *(f"queue/{queue}" for queue in _QUEUES)):
            (where / name).mkdir(parents=True)
        (where / "main.cf").write_text(
            _MAIN_CF.format(where=where, certificate=pair.certificate, key=pair.key)
        )
        ports = {"starttls": server.starttls, "implicit": server.implicit}
        (where / "master.cf").write_text(_MASTER_CF.format(host=HOST, **ports))
        (where / "sasl" / "smtpd.conf").write_text(_SASL.format(where=where, mechanisms=mechanisms))
        for user, password in users.items():
            _add_sasl_user(where / "sasl" / "users", user, password)
        owned = [str(where / name) for name in ("data", "sasl", *(f"queue/{queue}" for queue in _QUEUES))]
        subprocess.run([*as_root, "chown", "-R", "postfix", *owned], check=True)
        subprocess.run(
            [*as_root, "chown", "root", str(where / "queue"), str(where / "queue" / "pid")], check=True
        )
        process = subprocess.Popen([*as_root, str(POSTFIX_MASTER), "-d", "-c", str(where)])
        try:
            _wait(server, process, where / "queue" / "log")
            yield server
        finally:
            _stop_master(process, where / "queue" / "pid" / "master.pid", as_root)


def _add_sasl_user(file: Path, user: str, password: str) -> None:
    name, _, realm = user.partition("@")
    subprocess.run(
        [str(SASLPASSWD), "-c", "-p", "-f", str(file), "-u", realm, name],
        input=password.encode(),
        check=True,
    )


def _stop_master(process: subprocess.Popen[bytes], pid_file: Path, as_root: list[str]) -> None:
    """Its own process: the one that was started may be sudo."""
    pid = str(process.pid)
    if as_root:
        read = subprocess.run([*as_root, "cat", str(pid_file)], capture_output=True, text=True, check=False)
        pid = read.stdout.strip() or pid
    subprocess.run([*as_root, "kill", pid], check=False)
    _join(process)


# Both


@contextmanager
def _folder(as_root: list[str] | None = None) -> Iterator[Path]:
    """One that other users may enter: pytest's are for one user alone."""
    where = Path(tempfile.mkdtemp(prefix="sendwell-"))
    where.chmod(0o755)
    try:
        yield where
    finally:
        if as_root:
            subprocess.run([*as_root, "rm", "-rf", str(where)], check=False)
        shutil.rmtree(where, ignore_errors=True)


def _join(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(server: MailServer, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if all(_answers(port) for port in (server.starttls, server.implicit)):
            return
        time.sleep(0.1)
    said = ""
    with contextlib.suppress(OSError):
        said = log.read_text(errors="replace")
    raise RuntimeError(f"{process.args!r} does not listen: {said or 'no log'}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
