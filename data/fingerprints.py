"""Keyed hashes by which logins are told apart without a password: the same credential has the same fingerprint.

The key is random, made once for a database and kept in it encrypted (`SecretRow`): who has the database alone cannot
try passwords against the fingerprints, and new secret keys leave them as they are. A lost key is not replaced here,
for that would forget whose logins are paused; `rotate-keys` does it once no stored password needs the old one.
"""

from __future__ import annotations

import hmac
from secrets import token_bytes
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from checks.domain_name import BadName, domain
from data.schema import SecretRow
from data.upsert import upsert

if TYPE_CHECKING:
    from data.secrets import Secrets

NAME = "fingerprint"
"""Of the row with the key."""


class Fingerprints:
    """Makes them: 64 hexadecimal digits each."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Fingerprints(…)"

    def __reduce__(self) -> str:
        raise TypeError("the key of fingerprints is not pickled")

    def credential(self, host: str, username: str, secret: str) -> str:
        """Of a host, user name and secret: another one as soon as one of them changes."""
        return self._hash("credential", _host(host), username, secret)

    def mailbox(self, host: str, username: str) -> str:
        """Of whoever logs in there, whatever the secret. Servers hardly ever tell `Jan@` from `jan@`."""
        return self._hash("mailbox", _host(host), username.casefold())

    def _hash(self, *parts: str) -> str:
        """Each part behind its length: no two lists of parts are joined to the same octets."""
        encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
        joined = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
        return hmac.digest(self._key, joined, "sha256").hex()


def load(session: Session, secrets: Secrets) -> Fingerprints | None:
    """Those of this database, with a key that is made if it has none. None when no secret key opens the one it has.

    For a session that writes; the caller commits. Of two processes that start at once one makes the key.
    """
    token = session.scalar(_TOKEN)
    if token is None:
        session.execute(upsert(session, SecretRow).values(_new(secrets)).on_conflict_do_nothing())
        token = session.scalars(_TOKEN).one()
    return _opened(token, secrets)


def renew(session: Session, secrets: Secrets) -> None:
    """Another key in place of one that nothing opens: whose logins were paused is forgotten. The caller commits."""
    new = _new(secrets)
    session.execute(
        upsert(session, SecretRow).values(new).on_conflict_do_update(index_elements=["name"], set_=new)
    )


_TOKEN = select(SecretRow.token).where(SecretRow.name == NAME).with_for_update()
"""Until the transaction ends, whoever rotates the keys waits, and takes away none that this token needs."""


def _new(secrets: Secrets) -> dict[str, object]:
    return {"name": NAME, "token": secrets.encrypt(token_bytes(32).hex())}


def _opened(token: bytes, secrets: Secrets) -> Fingerprints | None:
    key = secrets.opened(token)
    return None if key is None else Fingerprints(bytes.fromhex(key))


def _host(text: str) -> str:
    """One spelling for each host, also of one that no guard lets through."""
    try:
        return domain(text)
    except BadName:
        return text.strip().lower()
