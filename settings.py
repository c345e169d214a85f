"""What Sendwell is told from outside: environment variables, and `sendwell.toml` beside the README.

A leaf that only entry points read, passing values down. `sendwell.example.toml` explains each setting.
Values are checked for their form alone; whether a domain exists is not asked here.
"""

import base64
import binascii
import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final, Literal, TypeVar, cast

FILE: Final = "sendwell.toml"
PREFIX: Final = "SENDWELL_"

PUBLIC_RESOLVERS: Final = (
    "Google=8.8.8.8",
    "Cloudflare=1.1.1.1",
    "Quad9=9.9.9.9",
    "OpenDNS=208.67.222.222",
)
"""Those that many people and mail servers ask."""

Dkim = Literal["none", "platform", "tenant"]
Fallback = Literal["none", "platform"]

_T = TypeVar("_T")


class SettingsError(ValueError):
    """A setting that cannot be used: one line with its name, where it stands, what is wrong and the mend."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; what may be None or empty is asked for where it is needed."""

    directory: Path
    """The project's directory: that of `sendwell.toml`, `var/` and relative SQLite files."""
    database: str = field(repr=False)
    """SQLAlchemy URL, absolute where it names an SQLite file; it may hold a password."""
    nameservers: tuple[str, ...] = ()
    """`192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; empty for the system's.

    Over TLS: `tls://dns.example@192.0.2.1`, with the name that the certificate must have.
    """
    queries_per_second: int | None = None
    """To each name server at most; 0 for no limit; None: 500 to a public one, no limit to a private one."""
    include: str | None = None
    sending_addresses: tuple[IPv4Address | IPv6Address, ...] = ()
    domain: str | None = None
    envelope: str = "tenant"
    """`tenant`, `platform`, or a pattern with `{domain}` in it."""
    dkim: Dkim = "none"
    fallback: Fallback = "none"
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    """Fernet keys, newest first; empty: made once into `var/`."""
    smtp_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    smtp_ca_file: Path | None = None
    """PEM of authorities that are trusted at mail servers beside the system's; absolute."""
    ehlo_name: str | None = None
    """What we are called at mail servers; None: the platform's domain."""
    public_resolvers: tuple[str, ...] = PUBLIC_RESOLVERS
    """`name=IP` or `name=IP:port`; a name may stand there several times."""
    host: str = "127.0.0.1"
    port: int = 8501

    @property
    def var(self) -> Path:
        """Where Sendwell writes: the SQLite file, the secret key, logs."""
        return self.directory / "var"


def load(environ: Mapping[str, str], directory: Path) -> Settings:
    """The settings of `environ`, then of `sendwell.toml` in `directory`, then the defaults.

    An empty value counts as not given. Raises `SettingsError`.
    """
    directory = directory.absolute()
    given = _Given(environ, _read_file(directory / FILE))

    def database(text: str) -> str:
        return _database(text, directory)

    def path(text: str) -> Path:
        return directory / _path(text)

    return Settings(
        directory=directory,
        database=given.one("DATABASE", database, database("sqlite:///var/sendwell.db"), secret=True),
        nameservers=given.many("NAMESERVERS", _nameserver),
        queries_per_second=given.one("QUERIES_PER_SECOND", _queries_per_second, None),
        include=given.one("INCLUDE", _domain, None),
        sending_addresses=given.many("SENDING_ADDRESSES", _address),
        domain=given.one("DOMAIN", _domain, None),
        envelope=given.one("ENVELOPE", _envelope, "tenant"),
        dkim=given.one("DKIM", _dkim, "none"),
        fallback=given.one("FALLBACK", _fallback, "none"),
        secret_keys=given.many("SECRET_KEYS", _secret_key, secret=True),
        smtp_allow=given.many("SMTP_ALLOW", _network),
        smtp_ca_file=given.one("SMTP_CA_FILE", path, None),
        ehlo_name=given.one("EHLO_NAME", _domain, None),
        public_resolvers=_public_resolvers(given.many("PUBLIC_RESOLVERS", _public_resolver)),
        host=given.one("HOST", _host, "127.0.0.1"),
        port=given.one("PORT", _port, 8501),
    )


_NAMES: Final = (
    *("DATABASE", "NAMESERVERS", "INCLUDE", "SENDING_ADDRESSES", "DOMAIN", "ENVELOPE", "DKIM", "FALLBACK"),
    *("SECRET_KEYS", "SMTP_ALLOW", "SMTP_CA_FILE", "EHLO_NAME", "PUBLIC_RESOLVERS", "QUERIES_PER_SECOND"),
    *("HOST", "PORT"),
)


class _Given:
    """What was given, and where: asked for one setting at a time, by its name without the prefix."""

    def __init__(self, environ: Mapping[str, str], file: Mapping[str, tuple[str, ...]]) -> None:
        self._environ = environ
        self._file = file

    def one(self, name: str, parse: Callable[[str], _T], default: _T, *, secret: bool = False) -> _T:
        """The setting's one value."""
        texts, where = self._find(name)
        if not texts:
            return default
        if len(texts) > 1:
            raise _error(name, where, "a list is given", "give one value")
        return _parsed(name, where, texts[0], parse, secret=secret)

    def many(self, name: str, parse: Callable[[str], _T], *, secret: bool = False) -> tuple[_T, ...]:
        """The setting's values, from a TOML array or separated by commas."""
        texts, where = self._find(name)
        parts = (part.strip() for text in texts for part in text.split(","))
        return tuple(_parsed(name, where, part, parse, secret=secret) for part in parts if part)

    def _find(self, name: str) -> tuple[tuple[str, ...], str]:
        if text := self._environ.get(PREFIX + name, "").strip():
            return (text,), "environment"
        return tuple(text for text in self._file.get(name, ()) if text), FILE


def _parsed(name: str, where: str, text: str, parse: Callable[[str], _T], *, secret: bool) -> _T:
    """`parse(text)`; what it finds wrong is told with the setting's name and place, a secret never shown."""
    try:
        return parse(text)
    except _Wrong as wrong:
        shown = "its value" if secret else repr(text if len(text) <= 80 else text[:77] + "…")
        raise _error(name, where, f"{shown} {wrong.what}", wrong.mend) from None


def _error(name: str, where: str, what: str, mend: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name} ({where}): {what}: {mend}")


class _Wrong(ValueError):
    """A value of the wrong form: what it is not ("is not a port"), and how to write it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


# The file


def _read_file(path: Path) -> dict[str, tuple[str, ...]]:
    """Its values by their names without the prefix, as texts; nothing when there is no file."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            f"{FILE} cannot be read ({error.strerror}): mend its permissions, or move it away"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{FILE} is not UTF-8 text: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f'{FILE} is not valid TOML: {error}: write lines such as NAME = "value"'
        ) from None
    values: dict[str, tuple[str, ...]] = {}
    for key, value in table.items():
        name = _name(key)
        if name in values:
            raise _error(name, FILE, "is given twice", "keep one of the lines")
        values[name] = _texts(name, value)
    return values


def _name(key: str) -> str:
    name = key.upper().removeprefix(PREFIX)
    if name in _NAMES:
        return name
    near = difflib.get_close_matches(name, _NAMES, n=1)
    mend = f"did you mean {near[0].lower()}?" if near else "sendwell.example.toml lists the settings"
    raise SettingsError(f"{FILE}: there is no setting {key!r}: {mend}")


def _texts(name: str, value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise _error(
                name, FILE, "the value is neither text nor a number", 'write it as "text", or ["one", "two"]'
            )
    return tuple(str(item).strip() for item in items)


# One value of each kind

_TLS: Final = "tls://"
_LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})+\.?")
_HOST: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_SQLITE: Final = re.compile(r"(sqlite(?:\+\w+)?:///)([^?]+)(\?.*)?", re.DOTALL)


def _database(text: str, directory: Path) -> str:
    if text.startswith("postgres:"):
        raise _Wrong("begins with postgres:", "write postgresql:// and the rest as it is")
    if not re.match(r"[a-z][a-z0-9_+]*://", text) or "\0" in text:
        raise _Wrong(
            "is not a database URL", "write sqlite:///file.db or postgresql://user:password@host/name"
        )
    if (match := _SQLITE.fullmatch(text)) and not match[2].startswith((":memory:", "file:")):
        return f"{match[1]}{directory / match[2]}{match[3] or ''}"
    return text


def _path(text: str) -> str:
    if "\0" in text:
        raise _Wrong("is not the path of a file", "write it as authorities.pem or /etc/ssl/authorities.pem")
    return text


def _domain(text: str) -> str:
    mend = "write the domain alone, such as example.com"
    if not _DOMAIN.fullmatch(_as_ascii(text)) or len(text) > 254:
        raise _Wrong("is not a domain name", mend)
    if _is_address(text):
        raise _Wrong("is an IP address", mend)
    return text


def _as_ascii(text: str) -> str:
    """Letters beyond ASCII stand in domain names too; `checks.domain_name` judges them."""
    return "".join("x" if ord(letter) > 127 and letter.isalnum() else letter for letter in text)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        mend = (
            "list single addresses, not networks" if "/" in text else "write it as 192.0.2.1 or 2001:db8::1"
        )
        raise _Wrong("is not an IP address", mend) from None


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        what = "has bits set behind its prefix" if "host bits" in str(error) else "is not an IP network"
        raise _Wrong(what, "write it as 192.0.2.0/24 or 2001:db8::/32") from None


def _nameserver(text: str) -> str:
    address = _behind_its_name(text) if text.startswith(_TLS) else text
    bracketed = re.fullmatch(r"\[([^]]+)\](?::(\d+))?", address)
    with_port = re.fullmatch(r"([^:]+):(\d+)", address)
    host, port = (found[1], found[2]) if (found := bracketed or with_port) else (address, None)
    if not _is_address(host):
        raise _Wrong(
            "is not a name server's IP address", "write 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:5353"
        )
    if port is not None:
        _port(port)
    return text


def _behind_its_name(text: str) -> str:
    """The address of a server that is asked over TLS."""
    name, at, address = text.removeprefix(_TLS).partition("@")
    if not (at and _DOMAIN.fullmatch(name)):
        raise _Wrong(
            "does not name the server as its certificate does", "write it as tls://dns.example@192.0.2.1"
        )
    return address


def _queries_per_second(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", text):
        raise _Wrong("is not a number of queries", "write a whole number, or 0 for no limit")
    return int(text)


def _public_resolver(text: str) -> str:
    """`name=` and a name server; `none` alone for no resolver at all."""
    name, equals, server = (part.strip() for part in text.partition("="))
    if text.lower() == "none":
        return ""
    if not (name and equals and name.isprintable()):
        raise _Wrong(
            "is not a public resolver", "write a name and its address, as in Google=8.8.8.8, or none"
        )
    return f"{name}={_nameserver(server)}"


def _public_resolvers(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in given if text) if given else PUBLIC_RESOLVERS


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _envelope(text: str) -> str:
    if text.lower() in ("tenant", "platform"):
        return text.lower()
    if text.count("{domain}") != 1 or not _DOMAIN.fullmatch(text.replace("{domain}", "example.com")):
        raise _Wrong("is no envelope", "write tenant, platform, or a pattern such as bounce.{domain}")
    return text


def _dkim(text: str) -> Dkim:
    return cast("Dkim", _choice(text, "none", "platform", "tenant"))


def _fallback(text: str) -> Fallback:
    return cast("Fallback", _choice(text, "none", "platform"))


def _choice(text: str, *choices: str) -> str:
    if text.lower() not in choices:
        raise _Wrong("is not one of the choices", f"write {', '.join(choices[:-1])} or {choices[-1]}")
    return text.lower()


def _secret_key(text: str) -> str:
    try:
        octets = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != 32:
        raise _Wrong(
            "is not a Fernet key", "use the 44 characters that Fernet.generate_key() of cryptography makes"
        )
    return text


def _host(text: str) -> str:
    if not (_is_address(text) or _HOST.fullmatch(text)):
        raise _Wrong("is not an address to listen at", "write 127.0.0.1, or 0.0.0.0 for every interface")
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise _Wrong("is not a port", "write a whole number from 1 to 65535")
    return int(text)
