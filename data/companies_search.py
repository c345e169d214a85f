"""The list of companies as SQL gives it: search, filters, order, a page at a time, and one company's profile."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from checks import domain_name
from checks.company import AddressState, SendingMethod, SmtpState, SpfState
from checks.model import Severity
from data.schema import CompanyRow, LoginRow, VerdictRow

PAGE_SIZE = 50
UNCHECKED = "unchecked"
"""Stands for a verdict where there is none yet."""
VERDICTS = (*(s.word for s in sorted(Severity, reverse=True)), UNCHECKED)
VERDICT_OF_COMPANY = and_(VerdictRow.company_id == CompanyRow.id, VerdictRow.severity >= 0)
"""Joins them. Every severity is at least 0: said so that SQLite reads the index that begins with these two
columns, and not each verdict's row with its long diagnosis."""
LONGEST_TEXT = 200
MOST_WORDS = 8


class Problem(StrEnum):
    """What a list can be narrowed to. Those of one facet widen each other, facets narrow each other."""

    UNVALIDATED = "unvalidated"
    UNREACHABLE = "unreachable"
    SPF_INEFFECTIVE = "spf_ineffective"
    SPF_MISSING = "spf_missing"
    SPF_IMPOSSIBLE = "spf_impossible"
    SPF_UNKNOWN = "spf_unknown"
    SMTP_FAILING = "smtp_failing"
    SMTP_PAUSED = "smtp_paused"
    SMTP_UNKNOWN = "smtp_unknown"
    SMTP_UNCHECKED = "smtp_unchecked"
    SMTP_OK = "smtp_ok"
    """No problem, but asked for as one: whose login works."""

    @property
    def facet(self) -> str:
        return self.value.split("_")[0]


class Order(StrEnum):
    """How the list is sorted; the company's number breaks ties."""

    WORST = "worst"
    NAME = "name"
    NUMBER = "number"
    CHECKED = "checked"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which companies to list. Empty means all; `verdicts` may hold UNCHECKED; `causes` are rule codes."""

    text: str = ""
    problems: tuple[Problem, ...] = ()
    verdicts: tuple[str, ...] = ()
    methods: tuple[SendingMethod, ...] = ()
    causes: tuple[str, ...] = ()
    present_only: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list. Text is as typed or as published: hostile. `verdict` is UNCHECKED without one.

    `about`: the name or server that the cause is about. `login_since`: since when the login is as `smtp` says, in
    epoch seconds; None where nobody tried it.
    """

    id: str
    name: str
    email: str
    method: SendingMethod
    domain: str
    email_validated_at: datetime | None = None
    gone_since: datetime | None = None
    verdict: str = UNCHECKED
    cause: str = ""
    about: str = ""
    address: str = ""
    spf: str = ""
    dmarc: str = ""
    smtp: str = ""
    login_since: float | None = None
    checked_at: datetime | None = None

    @property
    def validated(self) -> bool:
        """Whether the profile e-mail is there and was confirmed; else a red exclamation mark is due."""
        return bool(self.email and self.email_validated_at)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of `total`. `number` counts from 1 and is the page that was given, not the one asked for."""

    rows: tuple[Listed, ...]
    total: int
    number: int = 1
    size: int = PAGE_SIZE

    @property
    def count(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Profile:
    """A company as the last file that named it says, without its password. Text is hostile."""

    id: str
    name: str
    email: str
    email_validated_at: datetime | None
    method: SendingMethod
    from_address: str
    country: str
    language: str
    segment: str
    smtp_host: str
    smtp_port: int | None
    smtp_security: str
    smtp_username: str
    has_password: bool
    domain: str
    imported_at: datetime
    gone_since: datetime | None

    @property
    def validated(self) -> bool:
        return bool(self.email and self.email_validated_at)


def search(
    session: Session, filter: Filter, order: Order = Order.WORST, page: int = 1, size: int = PAGE_SIZE
) -> Page:
    """The asked page of the companies that the filter lets through; the last one if there are fewer."""
    total = session.scalar(_filtered(select(func.count()).select_from(CompanyRow), filter)) or 0
    number = min(max(1, page), max(1, -(-total // size)))
    ids = _filtered(select(CompanyRow.id), filter, order).order_by(*_ORDERS[order])
    ids = ids.offset((number - 1) * size).limit(size)
    columns = (column.label(name) for name, column in _LISTED.items())
    query = select(*columns).outerjoin(VerdictRow, VERDICT_OF_COMPANY).outerjoin(LoginRow, _LOGIN_OF_COMPANY)
    query = query.where(CompanyRow.id.in_(ids))
    rows = session.execute(query.order_by(*_ORDERS[order])).mappings()
    return Page(tuple(map(_listed, rows)), total, number, size)


def get(session: Session, company_id: str) -> Profile | None:
    """One company's profile, or None. The password stays where it is."""
    columns = (column.label(name) for name, column in _PROFILE.items())
    row = session.execute(select(*columns).where(CompanyRow.id == company_id)).mappings().first()
    return Profile(**{**row, "method": SendingMethod(row["method"])}) if row else None


def folded(text: str) -> str:
    """A search text as the `search` column has it: composed, case-folded, without control characters."""
    shown = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text[:LONGEST_TEXT])
    return unicodedata.normalize("NFC", shown.casefold())


_BOTH: dict[str, ColumnElement[Any]] = {
    "id": CompanyRow.id.expression,
    "name": CompanyRow.name.expression,
    "email": CompanyRow.email.expression,
    "email_validated_at": CompanyRow.email_validated_at.expression,
    "method": CompanyRow.sending_method.expression,
    "domain": CompanyRow.domain.expression,
    "gone_since": CompanyRow.gone_since.expression,
}
_WORST = VerdictRow.diagnosis["findings"][0]  # as data.verdicts encodes it
_LOGIN_OF_COMPANY = and_(LoginRow.company_id == CompanyRow.id, LoginRow.state == VerdictRow.smtp)
_LISTED: dict[str, ColumnElement[Any]] = {
    **_BOTH,
    "verdict": VerdictRow.verdict.expression,
    "cause": VerdictRow.cause.expression,
    "about": case((_WORST["rule"].as_string() == VerdictRow.cause, _WORST["about"].as_string())),
    "address": VerdictRow.address.expression,
    "spf": VerdictRow.spf.expression,
    "dmarc": VerdictRow.dmarc.expression,
    "smtp": VerdictRow.smtp.expression,
    "login_since": LoginRow.standing["since"].as_float(),
    "checked_at": VerdictRow.checked_at.expression,
}
_PROFILE: dict[str, ColumnElement[Any]] = {
    **_BOTH,
    "from_address": CompanyRow.from_address.expression,
    "country": CompanyRow.country.expression,
    "language": CompanyRow.language.expression,
    "segment": CompanyRow.segment.expression,
    "smtp_host": CompanyRow.smtp_host.expression,
    "smtp_port": CompanyRow.smtp_port.expression,
    "smtp_security": CompanyRow.smtp_security.expression,
    "smtp_username": CompanyRow.smtp_username.expression,
    "has_password": CompanyRow.smtp_password.is_not(None),
    "imported_at": CompanyRow.imported_at.expression,
}
_ORDERS: dict[Order, tuple[Any, ...]] = {
    Order.WORST: (func.coalesce(VerdictRow.severity, -1).desc(), CompanyRow.sort_name, CompanyRow.id),
    Order.NAME: (CompanyRow.sort_name, CompanyRow.id),
    Order.NUMBER: (func.length(CompanyRow.id), CompanyRow.id),
    Order.CHECKED: (VerdictRow.checked_at.asc().nulls_first(), CompanyRow.id),
}
_PROBLEMS: dict[Problem, ColumnElement[bool]] = {
    Problem.UNVALIDATED: or_(CompanyRow.email == "", CompanyRow.email_validated_at.is_(None)),
    Problem.UNREACHABLE: VerdictRow.address.in_([AddressState.MALFORMED, AddressState.UNREACHABLE]),
    Problem.SPF_INEFFECTIVE: VerdictRow.spf == SpfState.INEFFECTIVE,
    Problem.SPF_MISSING: VerdictRow.spf == SpfState.MISSING,
    Problem.SPF_IMPOSSIBLE: VerdictRow.spf == SpfState.IMPOSSIBLE,
    Problem.SPF_UNKNOWN: VerdictRow.spf == SpfState.UNKNOWN,
    Problem.SMTP_FAILING: VerdictRow.smtp == SmtpState.FAILING,
    Problem.SMTP_PAUSED: VerdictRow.smtp == SmtpState.PAUSED,
    Problem.SMTP_UNKNOWN: VerdictRow.smtp == SmtpState.UNKNOWN,
    Problem.SMTP_UNCHECKED: and_(
        CompanyRow.sending_method == SendingMethod.OWN_SERVER,
        func.coalesce(VerdictRow.smtp, SmtpState.UNCHECKED).in_([SmtpState.UNCHECKED, SmtpState.NOT_USED]),
    ),
    Problem.SMTP_OK: VerdictRow.smtp == SmtpState.OK,
}


def _filtered(query: Select[Any], filter: Filter, order: Order = Order.NAME) -> Select[Any]:
    """Joined with the verdicts only where they are asked about: a join takes longer than all the rest."""
    of_verdict = [*_problems(filter.problems), *_choices(filter)]
    if of_verdict or order in (Order.WORST, Order.CHECKED):
        query = query.outerjoin(VerdictRow, VERDICT_OF_COMPANY)
    return query.where(*_text(filter.text), *_of_company(filter), *of_verdict)


def _text(text: str) -> list[ColumnElement[bool]]:
    words = folded(text).split()[:MOST_WORDS]
    return [or_(*(CompanyRow.search.contains(f, autoescape=True) for f in _forms(word))) for word in words]


def _forms(word: str) -> tuple[str, ...]:
    """The word, and if it names an internationalised domain, alone or in an address, its other forms."""
    local, at, name = word.rpartition("@")
    try:
        a_labels = domain_name.domain(name)
    except domain_name.BadName:
        return (word,)
    others = (f"{local}{at}{form}" for form in (a_labels, domain_name.display(a_labels)))
    return tuple(dict.fromkeys((word, *others)))


def _problems(problems: tuple[Problem, ...]) -> list[ColumnElement[bool]]:
    facets: dict[str, list[ColumnElement[bool]]] = {}
    for problem in problems:
        facets.setdefault(problem.facet, []).append(_PROBLEMS[problem])
    return [or_(*conditions) for conditions in facets.values()]


def _choices(filter: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter.verdicts:
        conditions.append(_has_verdict(filter.verdicts))
    if filter.causes:
        conditions.append(VerdictRow.cause.in_(filter.causes))
    return conditions


def _of_company(filter: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter.methods:
        conditions.append(CompanyRow.sending_method.in_(filter.methods))
    if filter.present_only:
        conditions.append(CompanyRow.gone_since.is_(None))
    return conditions


def _has_verdict(verdicts: tuple[str, ...]) -> ColumnElement[bool]:
    known = VerdictRow.severity.in_([s for s in Severity if s.word in verdicts])
    return or_(known, VerdictRow.severity.is_(None)) if UNCHECKED in verdicts else known


def _listed(row: RowMapping) -> Listed:
    known = {name: value for name, value in row.items() if value is not None}
    return Listed(**{**known, "method": SendingMethod(row["method"])})
