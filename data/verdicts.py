"""What follows from the facts for each company, and since when it is so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import case
from sqlalchemy.orm import Session

from checks.company import AddressState, Diagnosis, DmarcState, SenderOutcome, SmtpState, SpfState
from checks.model import Evidence, Finding, Severity
from data.schema import VerdictRow
from data.upsert import Upsert, upsert


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


def save(
    session: Session, judged: Iterable[tuple[str, Diagnosis]], now: datetime, *, complete: bool = True
) -> None:
    """Write the verdicts of companies, by their ids, as looked at `now`. The caller commits.

    `since` is kept while the verdict stays the same word. A new word holds since its oldest fact, but not
    since before the last look, which still said otherwise. `complete=False`: older facts stood in for some
    that could not be had, so `checked_at` is not moved forward, whatever else was seen anew.
    """
    # Sorted, so that two writers on PostgreSQL never wait for each other in a circle.
    latest = sorted(dict(judged).items())
    if latest:
        rows = [_row(company_id, diagnosis, now) for company_id, diagnosis in latest]
        session.execute(_write(upsert(session, VerdictRow), complete), rows)


def get(session: Session, company_id: str) -> StoredVerdict | None:
    """The company's verdict, or None while nobody has looked."""
    row = session.get(VerdictRow, company_id)
    if row is None:
        return None
    return StoredVerdict(company_id, decode(row.diagnosis), row.since, row.checked_at, row.attempted_at)


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


def _row(company_id: str, diagnosis: Diagnosis, now: datetime) -> dict[str, Any]:
    checked_at = datetime.fromtimestamp(diagnosis.checked_at, UTC) if diagnosis.checked_at else now
    return {
        "company_id": company_id,
        "verdict": diagnosis.verdict.word,
        "severity": int(diagnosis.verdict),
        "cause": diagnosis.cause,
        "address": diagnosis.address.value,
        "spf": diagnosis.spf.value,
        "dmarc": diagnosis.dmarc.value,
        "smtp": diagnosis.smtp.value,
        "provider": diagnosis.provider,
        "since": checked_at,
        "checked_at": checked_at,
        "attempted_at": now,
        "diagnosis": encode(diagnosis),
    }


_KEY = "company_id"
_KEPT = (_KEY, "since")


def _write(insert: Upsert, complete: bool) -> Upsert:
    old, new = VerdictRow, insert.excluded
    since = case(
        (old.verdict == new.verdict, old.since),
        (old.attempted_at > new.since, old.attempted_at),
        else_=new.since,
    )
    columns = [column.name for column in VerdictRow.__table__.columns if column.name not in _KEPT]
    updates: dict[str, Any] = {name: new[name] for name in columns} | {"since": since}
    if not complete:
        updates["checked_at"] = case((old.checked_at < new.checked_at, old.checked_at), else_=new.checked_at)
    return insert.on_conflict_do_update(index_elements=[_KEY], set_=updates)
