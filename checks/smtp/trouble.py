"""What went wrong on the way: an exception of aiosmtplib, ssl or the socket → a cause.

aiosmtplib gives a certificate's fault as it is after STARTTLS and inside an SMTPConnectError with implicit TLS, and
says "timed out waiting" for three different things: so causes are read off the whole chain of exceptions.
"""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from aiosmtplib import SMTPException, SMTPResponseException

from checks.model import Rule
from checks.smtp import connection_rules as rules

# X509_V_ERR_… of OpenSSL
CERTIFICATES = {
    9: rules.CERTIFICATE_NOT_YET_VALID,
    10: rules.CERTIFICATE_EXPIRED,
    18: rules.CERTIFICATE_SELF_SIGNED,
    19: rules.CERTIFICATE_SELF_SIGNED,
    20: rules.CERTIFICATE_UNKNOWN_ISSUER,
    21: rules.CERTIFICATE_UNKNOWN_ISSUER,
    62: rules.CERTIFICATE_WRONG_NAME,
    64: rules.CERTIFICATE_WRONG_NAME,
}
_NO_TLS_SPOKEN = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
)
_NO_ROUTE = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.EHOSTDOWN,
    errno.EADDRNOTAVAIL,
    errno.EACCES,
    errno.EPERM,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why it went no further. `text` is hostile; `code` is the server's, if it gave one.

    `maybe_other_mode`: the other kind of TLS may be what the port wants; only trying that tells.
    """

    cause: Rule
    text: str
    code: int | None = None
    maybe_other_mode: bool = False


def of(problem: BaseException, *, in_handshake: bool = False, greeted: bool = False) -> Trouble:
    """The cause of an exception. `in_handshake`: TLS was being set up; `greeted`: the server had said something."""
    chain = tuple(_chain(problem))
    for link in chain:
        if found := _one(link):
            if greeted and found.cause is rules.TLS_MODE_MIXED_UP:  # said 220 to STARTTLS, and then no TLS
                return Trouble(rules.TLS_FAILED, found.text)
            return found
    text = "; ".join(dict.fromkeys(str(link) for link in chain if str(link))) or type(problem).__name__
    if any(isinstance(link, TimeoutError) for link in chain):
        return Trouble(rules.TIMED_OUT, text, maybe_other_mode=not greeted and not in_handshake)
    if in_handshake:
        return Trouble(rules.TLS_FAILED, text)
    return Trouble(rules.CONNECTION_LOST, text, maybe_other_mode=not greeted)


def _one(problem: BaseException) -> Trouble | None:
    """What this link of the chain tells by itself."""
    match problem:
        case ssl.SSLCertVerificationError():
            cause = CERTIFICATES.get(problem.verify_code, rules.CERTIFICATE_REFUSED)
            return Trouble(cause, f"{problem.verify_message} (verify_code={problem.verify_code})")
        case ssl.SSLError() if (problem.reason or "").upper() in _NO_TLS_SPOKEN:
            return Trouble(rules.TLS_MODE_MIXED_UP, problem.reason or "", maybe_other_mode=True)
        case ssl.SSLError():
            return Trouble(rules.TLS_FAILED, problem.reason or str(problem))
        case SMTPResponseException(code=-1):
            return Trouble(rules.NOT_SMTP, problem.message)
        case ConnectionRefusedError():
            return Trouble(rules.CONNECTION_REFUSED, "connection refused")
        case OSError() if problem.errno in _NO_ROUTE and not isinstance(problem, SMTPException):
            return Trouble(rules.NO_ROUTE, problem.strerror or "no route")
        case _:
            return None


def _chain(problem: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it."""
    seen: set[int] = set()
    link: BaseException | None = problem
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__
