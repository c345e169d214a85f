"""The numbers of the fleet, counted by SQL in one pass. Companies that are gone are left out, and counted apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checks.company import AddressState, SendingMethod, SmtpState, SpfState
from checks.model import Severity
from data.companies_search import UNCHECKED, VERDICT_OF_COMPANY
from data.schema import CompanyRow, VerdictRow


@dataclass(frozen=True, slots=True)
class Share:
    """Some of many, and of how many it is not known. `fraction` is None where there is nothing to divide by."""

    part: int
    whole: int
    unknown: int = 0

    @property
    def fraction(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many companies have the same method, verdict, cause and states. The rest is sums of these."""

    method: SendingMethod
    has_domain: bool
    verdict: str
    cause: str
    address: str
    spf: str
    smtp: str
    companies: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The fleet in numbers. `gone` are not in any other number."""

    groups: tuple[Counted, ...]
    gone: int

    @property
    def companies(self) -> int:
        return _sum(self.groups)

    @property
    def checked(self) -> int:
        return _sum(g for g in self.groups if g.verdict != UNCHECKED)

    @property
    def validated(self) -> Share:
        """Companies whose profile e-mail is confirmed and takes mail, of all."""
        return _share(self.groups, lambda g: g.address, AddressState.VALIDATED)

    @property
    def effective_own_address(self) -> Share:
        """Of the companies that send with their own address: those whose SPF lets our mail pass."""
        own = [g for g in self.groups if g.method is SendingMethod.OWN_ADDRESS]
        return _share(own, lambda g: g.spf, SpfState.EFFECTIVE)

    @property
    def effective_all(self) -> Share:
        """The same, of all companies with a domain, whatever their method."""
        return _share([g for g in self.groups if g.has_domain], lambda g: g.spf, SpfState.EFFECTIVE)

    def verdicts(self, method: SendingMethod | None = None) -> Counter[str]:
        """Companies by verdict, those without one under UNCHECKED; of one method, or of all."""
        counts: Counter[str] = Counter()
        for group in self.groups:
            if method in (None, group.method):
                counts[group.verdict] += group.companies
        return counts

    def causes(self, verdict: str = Severity.FAILURE.word) -> tuple[tuple[str, int], ...]:
        """The rule codes behind a verdict with how many companies each, the most common first."""
        counts: Counter[str] = Counter()
        for group in self.groups:
            if group.verdict == verdict:
                counts[group.cause] += group.companies
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def logins(self) -> Counter[str]:
        """Companies that send through their own server, by the state of the login there; unchecked are also those
        that sent in another way when they were last looked at, or that nobody has looked at."""
        counts: Counter[str] = Counter()
        for group in self.groups:
            if group.method is SendingMethod.OWN_SERVER:
                tried = group.smtp not in ("", SmtpState.NOT_USED)
                counts[group.smtp if tried else SmtpState.UNCHECKED] += group.companies
        return counts


def overview(session: Session) -> Overview:
    """Count the fleet."""
    return Overview(tuple(_counted(*row) for row in session.execute(_GROUPS)), session.scalar(_GONE) or 0)


_KEYS = (
    CompanyRow.sending_method,
    CompanyRow.domain != "",
    VerdictRow.severity,
    func.coalesce(VerdictRow.cause, ""),
    func.coalesce(VerdictRow.address, ""),
    func.coalesce(VerdictRow.spf, ""),
    func.coalesce(VerdictRow.smtp, ""),
)
_GROUPS = (
    select(*_KEYS, func.count())
    .select_from(CompanyRow)
    .outerjoin(VerdictRow, VERDICT_OF_COMPANY)
    .where(CompanyRow.gone_since.is_(None))
    .group_by(*_KEYS)
)
_GONE = select(func.count()).select_from(CompanyRow).where(CompanyRow.gone_since.is_not(None))


def _sum(groups: Iterable[Counted]) -> int:
    return sum(group.companies for group in groups)


def _share(groups: Sequence[Counted], column: Callable[[Counted], str], wanted: str) -> Share:
    """Those with that word in the column. What nobody has looked at is not known either."""
    unknown = _sum(g for g in groups if column(g) == "unknown" or g.verdict == UNCHECKED)
    return Share(_sum(g for g in groups if column(g) == wanted), _sum(groups), unknown)


def _counted(method: str, has_domain: bool, severity: int | None, *rest: Any) -> Counted:
    verdict = UNCHECKED if severity is None else Severity(severity).word
    return Counted(SendingMethod(method), bool(has_domain), verdict, *rest)
