"""Scans that make logins: companies at servers on loopback, each with a password of its own."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from checks.company import Diagnosis
from checks.lookup import Resolver
from checks.platform import Platform
from data import companies, verdicts
from data.companies import Entry
from data.engine import writing
from data.schema import LoginAttemptRow, LoginRow
from data.secrets import Secrets
from data.worker import scan
from data.worker.one_login import LoginSetup
from data.worker.scan import ScanSummary
from tests.support.smtp_server import polite
from tests.support.zone import zone

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PLATFORM = Platform("spf.ours.example", (ip_address("192.0.2.1"),))
HOST = "mail.example.test"
NAMES = (HOST, "mail.other.test", "mail.third.test", "smtp.gmail.com")
ZONE = "spf.ours.example TXT v=spf1 ip4:192.0.2.0/24 -all\n" + "".join(
    f"{name} A 127.0.0.1\n" for name in NAMES
)


def resolver(text: str = "") -> Resolver:
    """Companies' domains take mail at one exchanger, and publish nothing else."""
    domains = "".join(f"c{n}.example MX 10 mx.example\n" for n in range(1, 20))
    return zone(ZONE + "mx.example A 192.0.2.25\n" + domains + text, at=1000.0)


SECRETS = Secrets()
RIGHT = "right"


def enter(
    engine: Engine, id: str, port: int, password: str = RIGHT, secrets: Secrets = SECRETS, **given: Any
) -> None:
    """As an import does."""
    values = {
        "name": id,
        "email": f"info@{id}.example",
        "email_validated_at": MONDAY,
        "sending_method": "own_server",
        "smtp_host": HOST,
        "smtp_port": port,
        "smtp_security": "starttls",
        "smtp_username": f"info@{id}.example",
    }
    entry = Entry(id, {**values, **given}, password)
    with writing(engine) as session:
        companies.upsert(session, [entry], secrets, datetime.now(UTC))


def letting_in(*passwords: str) -> Any:
    """A server that takes these passwords, by PLAIN."""

    def script(peer: Any) -> None:
        def answer(_: str) -> str:
            blob = peer.heard.lines[-1].split(" ")[-1]
            password = base64.b64decode(blob).decode().split("\0")[-1]
            return "235 2.7.0 ok" if password in passwords else "535 5.7.8 Error: authentication failed"

        polite(answer=answer)(peer)

    return script


class AtOnce:
    """Lets everybody in, each after some seconds. `most`: how many waited for that at once."""

    def __init__(self, seconds: float) -> None:
        self.most = 0
        self._seconds = seconds
        self._now = 0

    def answer(self, _: str) -> str:
        self._now += 1
        self.most = max(self.most, self._now)
        time.sleep(self._seconds)
        self._now -= 1
        return "235 2.7.0 ok"


async def scanned(engine: Engine, setup: LoginSetup | None, text: str = "", **options: Any) -> ScanSummary:
    return await scan.run(engine, PLATFORM, resolver(text), logins=setup, **options)


def verdict(engine: Engine, id: str) -> Diagnosis:
    with Session(engine) as session:
        found = verdicts.get(session, id)
    assert found is not None
    return found.diagnosis


def later(engine: Engine, seconds: float) -> None:
    """Let so much time pass for all that is stored of logins."""
    row = LoginAttemptRow
    with writing(engine) as session:
        session.execute(
            update(row).values(
                began_at=row.began_at - seconds,
                ended_at=row.ended_at - seconds,
                lease_until=row.lease_until - seconds,
            )
        )
        for login in session.query(LoginRow):
            login.tried_at -= seconds
            login.next_at = None if login.next_at is None else login.next_at - seconds
            times = {name: login.standing[name] - seconds for name in ("since", "at", "seen_at")}
            login.standing = {**login.standing, **times}
