"""The demo's database where the machine has one loopback address, and where its servers had to move."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.demo import fleet, mail_layout, zone
from data.demo.mail_layout import Layout, Ports
from data.demo.mail_server import MailServers
from data.demo.preparation import Place, prepare
from data.demo.server import DnsServer
from data.engine import open_engine
from data.schema import CompanyRow, VerdictRow
from data.secrets import Secrets

pytestmark = pytest.mark.integration


@contextmanager
def started(var: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(mail_layout, "_layouts", lambda first: [Layout(first, ports)])
    with MailServers(91) as mail, DnsServer(zone.resolver(mail.layout)) as server:
        yield Place(var, f"sqlite:///{var / 'demo.db'}", server.address, mail.layout, mail.authority)


def columns(place: Place) -> dict[str, tuple[str, str, str]]:
    engine = open_engine(place.database)
    with Session(engine) as session:
        query = select(VerdictRow.company_id, VerdictRow.verdict, VerdictRow.cause, VerdictRow.smtp)
        found = {id: (verdict, cause, smtp) for id, verdict, cause, smtp in session.execute(query)}
    engine.dispose()
    return found


def ports(place: Place) -> set[int | None]:
    engine = open_engine(place.database)
    with Session(engine) as session:
        found = set(session.scalars(select(CompanyRow.smtp_port).where(CompanyRow.smtp_host != "")))
    engine.dispose()
    return found


def test_with_one_address_each_login_ends_as_with_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(tmp_path, Ports.ONE_ADDRESS, monkeypatch) as place:
        prepare(place, Secrets(path=tmp_path / "keys"))
    found = columns(place)
    for member in fleet.companies():
        e = member.scenario.expected
        assert found[member.id] == (e.verdict, e.cause, e.smtp), member.scenario.name


def test_servers_that_moved_are_found_at_their_new_ports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = Secrets(path=tmp_path / "keys")
    for where in (Ports.ONE_ADDRESS, Ports.BESIDE_THEM):
        with started(tmp_path, where, monkeypatch) as place:
            prepare(place, secrets)
    assert ports(place) == {2465, 2587}
    found = columns(place)
    works = [member.id for member in fleet.companies() if member.scenario.expected.smtp == "ok"]
    assert {found[id][2] for id in works} == {"ok"}
