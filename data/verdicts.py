"""What follows from the facts for each company, and since when it is so."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.orm import Session

from checks.company import AddressState, Diagnosis, DmarcState, SenderOutcome, SmtpState, SpfState
from checks.model import Evidence, Finding, Severity
from data import upsert
from data.schema import VerdictRow
from data.upsert import Row, Upsert


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A company's verdict as stored.

    `since`: when the verdict became what it is. `checked_at`: when all that it stands on was last seen, or the
    moment of judging where it stands on nothing. `attempted_at`: when a scan last looked, whatever came of it.
    """

    company_id: str
    diagnosis: Diagnosis
    since: datetime
    checked_at: datetime
    attempted_at: datetime


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict stands on (`data.worker.basis`). `asked`: for what, as JSON; `digest`: of all that it stands on;
    0 when the next look is to judge whatever it sees."""

    asked: str = ""
    digest: int = 0


NO_BASIS = Basis()

Times = tuple[str, datetime, datetime]
"""A company's id, when what its verdict stands on was seen, and when a scan looked."""


def save(
    session: Session, judged: Iterable[tuple[str, Diagnosis]], now: datetime, *, complete: bool = True
) -> None:
    """Write the verdicts of companies, by their ids, as looked at `now`; the last of each counts. See `write`."""
    write(session, [row(id, diagnosis, now) for id, diagnosis in dict(judged).items()], complete=complete)


def row(company_id: str, diagnosis: Diagnosis, now: datetime, basis: Basis = NO_BASIS) -> Row:
    """As it is written, in the order of `_COLUMNS`."""
    checked_at = datetime.fromtimestamp(diagnosis.checked_at, UTC) if diagnosis.checked_at else now
    encoded = encode(diagnosis)
    del encoded["checked_at"]  # a column
    return (
        company_id,
        diagnosis.verdict.word,
        int(diagnosis.verdict),
        diagnosis.cause,
        diagnosis.address.value,
        diagnosis.spf.value,
        diagnosis.dmarc.value,
        diagnosis.smtp.value,
        diagnosis.provider,
        checked_at,
        checked_at,
        now,
        basis.digest,
        basis.asked,
        json.dumps(encoded),
    )


def write(session: Session, rows: Iterable[Row], *, complete: bool = True) -> None:
    """Write rows made by `row`. The caller commits.

    `since` is kept while the verdict stays the same word. A new word holds since its oldest fact, but not
    since before the last look, which still said otherwise. `complete=False`: older facts stood in for some
    that could not be had, so `checked_at` of a company that had a verdict stays, whatever else was seen anew.
    """
    # Sorted, so that two writers on PostgreSQL never wait for each other in a circle.
    upsert.write(session, _write(upsert.upsert(session, VerdictRow), complete), _COLUMNS, sorted(rows))


def confirm(session: Session, seen: Iterable[Times], *, complete: bool = True) -> None:
    """Write only the times of verdicts that stand on what they stood on before. The caller commits."""
    rows = sorted(seen)
    times = {"checked_at": bindparam("seen", type_=_TABLE.c.checked_at.type)} if complete else {}
    attempted = bindparam("tried", type_=_TABLE.c.attempted_at.type)
    this = _TABLE.c.company_id == bindparam("this")
    statement = update(_TABLE).where(this).values(attempted_at=attempted, **times)
    names = ("this", "seen", "tried") if complete else ("this", "tried")
    upsert.write(session, statement, names, rows if complete else [(id, tried) for id, _, tried in rows])


def bases(session: Session, ids: Collection[str]) -> dict[str, Basis]:
    """What the verdicts of these companies stand on, where that is known; at most as many ids as a statement takes."""
    columns = select(_TABLE.c.company_id, _TABLE.c.asked, _TABLE.c.digest)
    found = session.execute(columns.where(_TABLE.c.company_id.in_(ids), _TABLE.c.digest != 0))
    return {id: Basis(asked, digest) for id, asked, digest in found}


def replace(session: Session, stored: StoredVerdict, diagnosis: Diagnosis, now: datetime) -> None:
    """Write what the same facts say beside a login that became known `now`: when they were looked up stays. The
    caller commits."""
    if diagnosis == stored.diagnosis:
        return
    values = dict(zip(_COLUMNS, row(stored.company_id, diagnosis, now), strict=True))
    kept = diagnosis.verdict is stored.diagnosis.verdict
    values |= {"since": stored.since if kept else now, "diagnosis": json.loads(values["diagnosis"])}
    for name in (_KEY, "checked_at", "attempted_at", "digest", "asked"):  # they are of the facts
        del values[name]
    session.execute(update(_TABLE).where(_TABLE.c.company_id == stored.company_id).values(values))


def get(session: Session, company_id: str) -> StoredVerdict | None:
    """The company's verdict, or None while nobody has looked."""
    row = session.get(VerdictRow, company_id)
    if row is None:
        return None
    diagnosis = decode({**row.diagnosis, "checked_at": row.checked_at.timestamp()})
    return StoredVerdict(company_id, diagnosis, row.since, row.checked_at, row.attempted_at)


def encode(diagnosis: Diagnosis) -> dict[str, Any]:
    """As JSON: words for what has words, lists for tuples. `decode` gives the same diagnosis back."""
    return {
        "domain": diagnosis.domain,
        "verdict": diagnosis.verdict.word,
        "cause": diagnosis.cause,
        "address": diagnosis.address.value,
        "spf": diagnosis.spf.value,
        "dmarc": diagnosis.dmarc.value,
        "smtp": diagnosis.smtp.value,
        "provider": diagnosis.provider,
        "findings": [_encode_finding(finding) for finding in diagnosis.findings],
        "senders": [_encode_sender(sender) for sender in diagnosis.senders],
        "spf_records": list(diagnosis.spf_records),
        "mx_records": list(diagnosis.mx_records),
        "dmarc_record": diagnosis.dmarc_record,
        "checked_at": diagnosis.checked_at,
    }


def decode(value: Any) -> Diagnosis:
    """The diagnosis that `encode` made this of. Fields newer than it get their defaults."""
    typed = {
        "verdict": Severity[value["verdict"].upper()],
        "address": AddressState(value["address"]),
        "spf": SpfState(value["spf"]),
        "dmarc": DmarcState(value["dmarc"]),
        "smtp": SmtpState(value["smtp"]),
        "findings": tuple(map(_decode_finding, value["findings"])),
        "senders": tuple(SenderOutcome(**sender) for sender in value["senders"]),
        "spf_records": tuple(value["spf_records"]),
        "mx_records": tuple(value["mx_records"]),
    }
    return Diagnosis(**{**value, **typed})


def _encode_finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "about": finding.about,
        "evidence": [[evidence.expected, evidence.found] for evidence in finding.evidence],
        "matters": finding.matters,
    }


def _decode_finding(value: Any) -> Finding:
    evidence = tuple(Evidence(expected, found) for expected, found in value["evidence"])
    severity = Severity[value["severity"].upper()]
    return Finding(value["rule"], severity, value["about"], evidence, value["matters"])


def _encode_sender(sender: SenderOutcome) -> dict[str, Any]:
    return {name: getattr(sender, name) for name in SenderOutcome.__dataclass_fields__}


_TABLE = VerdictRow.metadata.tables[VerdictRow.__tablename__]
_COLUMNS = (
    *("company_id", "verdict", "severity", "cause", "address", "spf", "dmarc", "smtp", "provider"),
    *("since", "checked_at", "attempted_at", "digest", "asked", "diagnosis"),
)
_KEY = "company_id"
_KEPT = (_KEY, "since")


def _write(insert: Upsert, complete: bool) -> Upsert:
    old, new = VerdictRow, insert.excluded
    since = case(
        (old.verdict == new.verdict, old.since),
        (old.attempted_at > new.since, old.attempted_at),
        else_=new.since,
    )
    updates: dict[str, Any] = {name: new[name] for name in _COLUMNS if name not in _KEPT} | {"since": since}
    if not complete:
        del updates["checked_at"]
    return insert.on_conflict_do_update(index_elements=[_KEY], set_=updates)
