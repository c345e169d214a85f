"""Which SASL mechanism to log in with, and what it sends (RFC 4616, RFC 2195, RFC 4954; XOAUTH2 by Google).

One mechanism is tried. The next follows only where the server said that it never looked at the password:
aiosmtplib's and smtplib's `login()` try them all after each refusal, which makes three failed logins of one wrong
password.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from enum import StrEnum

from aiosmtplib.auth import auth_crammd5_verify, auth_login_encode, auth_plain_encode, auth_xoauth2_encode

from checks.smtp.credentials import Credentials, SecretKind

CANCEL = b"*"  # RFC 4954 4: the client gives up this AUTH
MAX_CHALLENGE = 4096


class Mechanism(StrEnum):
    """In the order of preference for a password. CRAM-MD5 last: servers often offer it without being able to."""

    PLAIN = "PLAIN"
    LOGIN = "LOGIN"
    CRAM_MD5 = "CRAM-MD5"
    XOAUTH2 = "XOAUTH2"


_FOR_PASSWORDS = (Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.CRAM_MD5)


def choose(offered: Iterable[str], kind: SecretKind) -> tuple[Mechanism, ...]:
    """Those offered that take such a secret, the one to use first. A token is never sent as a password."""
    names = {name.upper() for name in offered}
    usable = (Mechanism.XOAUTH2,) if kind is SecretKind.TOKEN else _FOR_PASSWORDS
    return tuple(mechanism for mechanism in usable if mechanism in names)


def nothing_was_verified(code: int, enhanced_code: str) -> bool:
    """Whether the answer says that the command, not the password, was refused, so that another may be tried."""
    return code == 504 or (code // 100 == 5 and enhanced_code.startswith("5.5."))


def first_command(mechanism: Mechanism, credentials: Credentials) -> tuple[bytes, ...]:
    """`AUTH` and its arguments; with an initial response where the mechanism has one (RFC 4954 4)."""
    name = mechanism.encode()
    match mechanism:
        case Mechanism.PLAIN:
            return b"AUTH", name, auth_plain_encode(credentials.username, credentials.secret)
        case Mechanism.XOAUTH2:
            return b"AUTH", name, auth_xoauth2_encode(credentials.username, credentials.secret)
        case _:
            return b"AUTH", name


def answer(mechanism: Mechanism, credentials: Credentials, challenge: str, step: int) -> bytes:
    """What to send for the server's `step`-th challenge (334), from 0; `CANCEL` where nothing more is to be said."""
    match mechanism, step:
        case Mechanism.PLAIN, 0:  # a server that did not read the initial response asks for it
            return auth_plain_encode(credentials.username, credentials.secret)
        case Mechanism.LOGIN, 0 | 1:
            return auth_login_encode(credentials.username, credentials.secret)[step]
        case Mechanism.CRAM_MD5, 0 if _decoded(challenge):
            return auth_crammd5_verify(credentials.username, credentials.secret, challenge)
        case Mechanism.XOAUTH2, 0:  # the challenge is the error; an empty line asks for the answer itself
            return b""
        case _:
            return CANCEL


def shown(mechanism: Mechanism, step: int) -> str:
    """What stands in the dialogue in place of an answer."""
    if mechanism is Mechanism.LOGIN:
        return ("[user name]", "[password]")[step]
    return {Mechanism.PLAIN: "[user name and password]", Mechanism.CRAM_MD5: "[digest]"}.get(mechanism, "")


def token_error(challenge: str) -> str:
    """The JSON that a server sends for a token that it does not take; empty where it is none. Hostile text."""
    octets = _decoded(challenge)
    try:
        found = json.loads(octets) if octets else None
    except (ValueError, RecursionError):
        return ""
    return octets.decode("utf-8", "replace") if isinstance(found, dict) and "status" in found else ""


def _decoded(challenge: str) -> bytes:
    """A challenge's octets; empty where it is too long or no base64."""
    if len(challenge) > MAX_CHALLENGE or not challenge.isascii():
        return b""
    try:
        return base64.b64decode(challenge, validate=True)
    except (binascii.Error, ValueError):
        return b""
