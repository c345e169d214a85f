"""What if our include, or any other name, published other SPF records? Judged over the fleet, from the store.

Every stored fact stays as it is but for the proposed records, and the one evaluator says who loses by it. No
packet is sent: what is not stored is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, Row, select
from sqlalchemy.orm import Session

from checks import profile
from checks.company import Company, SendingMethod
from checks.model import Finding
from checks.platform import Platform
from checks.providers.shared import is_shared
from data import scans
from data.batches import batches
from data.engine import told
from data.observations import StoredResolver
from data.schema import CompanyRow, ObservationRow, VerdictRow
from data.what_if.facts import beside, load
from data.what_if.judge import Change, Difference, Group, World, judge
from data.what_if.proposal import Proposal, flaws, overlay
from data.what_if.reach import Reach, reach

__all__ = ["Change", "Group", "NothingStored", "Proposal", "Report", "run"]

DOMAINS = 1000
"""How many domains are judged at a time: their facts are held, and dropped with the next ones."""


class NothingStored(LookupError):
    """There is no company, or nobody has scanned yet. One sentence with what to do."""


@dataclass(frozen=True, slots=True)
class Report:
    """What would become of the fleet.

    `companies`: all but those that are gone. `judged`: those whose evaluation can get to what changes; for the
    others nothing does. `shared`: those at domains shared by everybody, where SPF is impossible anyway.
    `own`: the platform's own domain, if it is set. `differ`: judged companies of which the stored verdict says
    something else than their stored facts do today. `scanned_at`: the end of the last scan.
    """

    companies: int
    judged: int
    shared: int
    changes: tuple[Change, ...]
    own: Change | None
    flaws: tuple[Finding, ...]
    differ: int
    scanned_at: datetime | None

    def of(self, group: Group) -> Iterator[Change]:
        """Those of one group, by company id."""
        return (change for change in self.changes if group in change.difference.groups)

    def counts(self, group: Group) -> Counter[SendingMethod]:
        """How many of one group, by sending method."""
        return Counter(change.method for change in self.of(group))

    @property
    def somebody_loses(self) -> bool:
        return any(self.of(Group.LOSES)) or bool(self.own and Group.LOSES in self.own.difference.groups)


async def run(engine: Engine, platform: Platform, proposal: Proposal, *, skip: bool = True) -> Report:
    """Judge the fleet before and after. Reading blocks. Raises `NothingStored`, `DatabaseUnavailable`.

    `skip=False` judges everybody, also those whose evaluation cannot get to a changed name.
    """
    with told(engine), Session(engine) as session:
        _refuse_nothing(session)
        return await _Fleet(session, platform, proposal, skip).report()


def _refuse_nothing(session: Session) -> None:
    if session.scalar(select(CompanyRow.id).limit(1)) is None:
        raise NothingStored("There is no company to judge: python -m data import FILE brings some")
    if session.scalar(select(ObservationRow.name).limit(1)) is None:
        raise NothingStored("Nothing has been looked up yet: python -m data scan does")


class _Fleet:
    """One what-if under way."""

    def __init__(self, session: Session, platform: Platform, proposal: Proposal, skip: bool) -> None:
        self._session = session
        self._proposal = proposal
        self._before = platform
        self._after = replace(platform, sending_addresses=proposal.addresses or platform.sending_addresses)
        self._reach: Reach = reach(session, proposal.records.keys())
        # Other addresses may matter to everybody.
        moves = set(self._before.sending_addresses) != set(self._after.sending_addresses)
        self._skips = skip and not moves
        self._companies = self._judged = self._shared = self._differ = 0

    async def report(self) -> Report:
        now, then = await self._worlds([self._before.include, *self._own_domain()])
        found = await flaws(self._proposal, self._after, then.resolver)
        own = await self._own(now, then)
        changes = [change async for change in self._changes()]
        changes.sort(key=lambda change: change.company_id)
        last = scans.latest(self._session)
        return Report(
            companies=self._companies,
            judged=self._judged,
            shared=self._shared,
            changes=tuple(changes),
            own=own,
            flaws=found,
            differ=self._differ,
            scanned_at=last.finished_at if last else None,
        )

    async def _worlds(self, names: Iterable[str]) -> tuple[World, World]:
        """The facts before and after, with what judging these names asks read already."""
        stored = StoredResolver(self._session)
        await load(stored, stored, [*names, *self._proposal.records])
        proposed = await overlay(self._proposal, stored, self._reach.aliases)
        await load(stored, proposed, self._proposal.records)
        return World(self._before, stored), World(self._after, proposed)

    # The platform's own domain

    def _own_domain(self) -> list[str]:
        return [self._before.domain] if self._before.domain else []

    async def _own(self, now: World, then: World) -> Change | None:
        """Judged like a company that sends as itself: every company's mail stands on it in method 1."""
        if not (domain := self._before.domain):
            return None
        judged = await judge(domain, "", now, then)
        return Change("", domain, domain, SendingMethod.PLATFORM, True, judged.difference)

    # The companies

    async def _changes(self) -> AsyncIterator[Change]:
        for some in batches(self._to_judge(), DOMAINS):
            now, then = await self._worlds(name for domain, _ in some for name in beside(self._asked(domain)))
            for domain, rows in some:
                for row, difference in await self._domain(domain, rows, now, then):
                    self._differ += row.spf is not None and row.spf != difference.before.spf
                    if difference.groups:
                        yield self._change(row, difference)

    def _asked(self, domain: str) -> str:
        """Whose SPF record is judged: with an envelope of our own, the company's, for the audit."""
        return (self._before.asks_company_spf and self._before.envelope_domain(domain)) or domain

    def _to_judge(self) -> Iterator[tuple[str, list[Row[Any]]]]:
        """The domains for which something may change, each with its companies."""
        for domain, rows in groupby(_companies(self._session), key=lambda row: str(row.domain)):
            companies = list(rows)
            self._companies += len(companies)
            if domain and is_shared(domain):
                self._shared += len(companies)
            elif domain and (not self._skips or self._asked(domain) in self._reach.names):
                self._judged += len(companies)
                yield domain, companies

    async def _domain(
        self, domain: str, rows: list[Row[Any]], now: World, then: World
    ) -> list[tuple[Row[Any], Difference]]:
        """Judge once, unless the records look at the local part: then once for each."""
        asked = self._asked(domain)
        first = await judge(asked, _local(rows[0]), now, then)
        if not first.personal:
            return [(row, first.difference) for row in rows]
        judged = {_local(rows[0]): first}
        for local in {_local(row) for row in rows} - judged.keys():
            judged[local] = await judge(asked, local, now, then)
        return [(row, judged[_local(row)].difference) for row in rows]

    def _change(self, row: Row[Any], difference: Difference) -> Change:
        method = SendingMethod(row.sending_method)
        matters = method is SendingMethod.OWN_ADDRESS and self._before.asks_company_spf
        return Change(row.id, row.name, row.domain, method, matters, difference)


def _companies(session: Session) -> Iterable[Row[Any]]:
    """Those that are not gone, by domain, a few in memory at a time; `spf`: what the stored verdict says."""
    row = CompanyRow
    query = (
        select(row.id, row.name, row.domain, row.sending_method, row.email, row.from_address, VerdictRow.spf)
        .join(VerdictRow, VerdictRow.company_id == row.id, isouter=True)
        .where(row.gone_since.is_(None))
        .order_by(row.domain, row.id)
        .execution_options(yield_per=DOMAINS)
    )
    return session.execute(query)


def _local(row: Row[Any]) -> str:
    company = Company(row.id, row.name, email=row.email, from_address=row.from_address)
    return profile.read(company).local
