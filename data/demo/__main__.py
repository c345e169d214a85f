"""`python -m data.demo [COMMAND…]`: prepare the demo, then run the command with its settings.

The demo's name server answers as long as the command runs. Without a command it ends after the scan.
"""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while libraries load, Ctrl-C ends us without a traceback

import os
import socket
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from checks import command
from checks.command import COULD_NOT_LOOK, USAGE, Stop
from data.demo import companion, platform, zone
from data.demo.mail_layout import LOOPBACK
from data.demo.mail_server import MailServers
from data.demo.preparation import Place, Standing, prepare, require_writable
from data.demo.server import DnsServer
from data.engine import DatabaseUnavailable
from data.key_file import KeyFile
from data.secrets import Secrets, SecretsUnavailable
from settings import Settings, SettingsError, load

PROJECT = Path(__file__).parent.parent.parent


def main(arguments: Sequence[str]) -> int:
    """The command's exit status. 2: wrong settings, a port that is taken, no right to write; 3: no database."""
    try:
        settings = load(os.environ, PROJECT)
    except SettingsError as error:
        raise Stop(USAGE, str(error)) from None
    if arguments:
        _require_free(settings)
    require_writable(settings.var)
    with _mail_servers(settings.var) as mail, DnsServer(zone.resolver(mail.layout)) as server:
        database = f"sqlite:///{settings.var / 'demo.db'}"
        place = Place(settings.var, database, server.address, mail.layout, mail.authority)
        print(_sentence(_prepared(place)), flush=True)
        if not arguments:
            return command.DONE
        return companion.run(arguments, {**os.environ, **environment(place)})


def environment(place: Place) -> dict[str, str]:
    """The demo's settings: each that decides a verdict, so that none of a real fleet's mixes in."""
    ours = platform.PLATFORM
    return {
        "SENDWELL_DATABASE": place.database,
        "SENDWELL_SECRET_KEYS": ",".join(_key_file(place.var).read()),
        "SENDWELL_NAMESERVERS": place.nameserver,
        "SENDWELL_INCLUDE": ours.include,
        "SENDWELL_SENDING_ADDRESSES": ",".join(str(address) for address in ours.sending_addresses),
        "SENDWELL_DOMAIN": platform.DOMAIN,
        "SENDWELL_ENVELOPE": ours.envelope,
        "SENDWELL_DKIM": ours.dkim.value,
        "SENDWELL_FALLBACK": ours.fallback.value,
        "SENDWELL_SMTP_ALLOW": LOOPBACK,
        "SENDWELL_SMTP_CA_FILE": str(place.authority),
        "SENDWELL_EHLO_NAME": platform.DOMAIN,
    }


def _key_file(var: Path) -> KeyFile:
    """One of the demo's own: whoever rotates its keys takes none away that a real fleet's passwords need."""
    return KeyFile(var / "demo.keys")


def _require_free(settings: Settings) -> None:
    """The port of the dashboard: better told now than after the scan."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        mend = "stop what listens there, or choose another port: make run PORT=8502"
        what = f"port {settings.port} of {settings.host} cannot be had ({os.strerror(error.errno or 0)})"
        raise Stop(USAGE, f"{what}: {mend}") from None


def _mail_servers(var: Path) -> MailServers:
    """At addresses or ports that this clone of the project tries first at each start, and another clone hardly does."""
    try:
        return MailServers(zlib.crc32(str(var).encode()))
    except OSError as error:
        raise Stop(USAGE, str(error)) from None


def _prepared(place: Place) -> Standing:
    """SIGTERM is taken as Ctrl-C is: quietly, and what was done is kept."""
    received = [signal.SIGINT]

    def as_ctrl_c(number: int, frame: FrameType | None) -> None:
        received[0] = signal.Signals(number)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, as_ctrl_c)
    try:
        keys = _key_file(place.var)
        keys.make()
        return prepare(place, Secrets(path=keys.path))
    except DatabaseUnavailable as error:
        raise Stop(COULD_NOT_LOOK, str(error)) from None
    except SecretsUnavailable as error:
        raise Stop(USAGE, str(error)) from None
    except KeyboardInterrupt:
        kept = "stopped: what was judged is kept; the next start goes on from there"
        raise Stop(128 + received[0], kept) from None


def _sentence(standing: Standing) -> str:
    words = ("ok", "note", "unknown", "warning", "failure")
    counts = ", ".join(f"{standing.counts[word]} {word}" for word in words)
    return f"The demo's {len(standing.stored)} companies: {counts}; {len(standing.gone)} more are gone"


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command.run(main)
