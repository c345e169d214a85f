"""Verdicts as stored: the whole diagnosis, and since when it is so."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks.company import AddressState, Diagnosis, DmarcState, SenderOutcome, SmtpState, SpfState
from checks.model import Evidence, Finding, Severity
from data import verdicts
from data.schema import CompanyRow, VerdictRow

T = TypeVar("T")

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
COMPANY = "c1"

FAILING = Diagnosis(
    domain="example.com",
    verdict=Severity.FAILURE,
    cause="SPF_OURS_MISSING",
    address=AddressState.VALIDATED,
    spf=SpfState.MISSING,
    dmarc=DmarcState.ABSENT,
    smtp=SmtpState.NOT_USED,
    provider="Somebody",
    findings=(
        Finding("SPF_OURS_MISSING", Severity.FAILURE, "example.com", (Evidence("include:ours", "\0<b>"),)),
        Finding("DMARC_ABSENT", Severity.NOTE, "_dmarc.example.com", matters=False),
    ),
    senders=(SenderOutcome("192.0.2.1", "example.com", "softfail", "example.com", "~all", 2, 1, "broke"),),
    spf_records=("v=spf1 ~all",),
    mx_records=("10 mx.example.com",),
    dmarc_record="v=DMARC1",
    checked_at=MONDAY.timestamp() - 60.125,
)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        session.add_all([CompanyRow(id=id, name=id, imported_at=MONDAY) for id in (COMPANY, "c2")])
        session.commit()
        yield session


def saved(session: Session, diagnosis: Diagnosis, now: datetime) -> verdicts.StoredVerdict:
    verdicts.save(session, [(COMPANY, diagnosis)], now)
    session.commit()
    session.expire_all()
    stored = verdicts.get(session, COMPANY)
    assert stored is not None
    return stored


def checked(diagnosis: Diagnosis, when: datetime, verdict: Severity = Severity.FAILURE) -> Diagnosis:
    return replace(diagnosis, checked_at=when.timestamp(), verdict=verdict)


def test_a_company_nobody_has_looked_at_has_no_verdict(session: Session) -> None:
    assert verdicts.get(session, COMPANY) is None


def test_the_whole_diagnosis_is_given_back(session: Session) -> None:
    stored = saved(session, FAILING, MONDAY)
    assert stored.diagnosis == FAILING
    assert stored.checked_at == stored.since == datetime.fromtimestamp(FAILING.checked_at, UTC)
    assert stored.attempted_at == MONDAY


def test_the_columns_say_what_the_diagnosis_says(session: Session) -> None:
    saved(session, FAILING, MONDAY)
    row = session.get_one(VerdictRow, COMPANY)
    shown = (row.verdict, row.severity, row.cause, row.address, row.spf, row.dmarc, row.smtp, row.provider)
    expected = ("failure", 4, "SPF_OURS_MISSING", "validated", "missing", "absent", "not_used", "Somebody")
    assert shown == expected


def test_since_is_kept_while_the_verdict_stays_the_same(session: Session) -> None:
    saved(session, checked(FAILING, MONDAY), MONDAY)
    other_cause = replace(checked(FAILING, MONDAY + DAY), cause="DMARC_REJECTS")
    stored = saved(session, other_cause, MONDAY + DAY)
    assert (stored.since, stored.checked_at, stored.diagnosis.cause) == (
        MONDAY,
        MONDAY + DAY,
        "DMARC_REJECTS",
    )


def test_another_verdict_holds_since_it_was_checked(session: Session) -> None:
    saved(session, checked(FAILING, MONDAY), MONDAY)
    stored = saved(session, checked(FAILING, MONDAY + DAY, Severity.OK), MONDAY + DAY)
    assert stored.since == MONDAY + DAY


def test_another_verdict_on_old_facts_does_not_hold_since_before_the_last_look(session: Session) -> None:
    saved(session, checked(FAILING, MONDAY), MONDAY + DAY)
    stored = saved(session, checked(FAILING, MONDAY, Severity.OK), MONDAY + 2 * DAY)
    assert stored.since == MONDAY + DAY


def test_a_look_that_brought_nothing_new_keeps_the_time_of_the_facts(session: Session) -> None:
    saved(session, checked(FAILING, MONDAY), MONDAY)
    stored = saved(session, checked(FAILING, MONDAY), MONDAY + DAY)
    assert (stored.checked_at, stored.attempted_at) == (MONDAY, MONDAY + DAY)


def test_a_look_in_which_old_facts_stood_in_does_not_move_the_time_forward(session: Session) -> None:
    saved(session, checked(FAILING, MONDAY), MONDAY)
    partly_new = checked(FAILING, MONDAY + DAY)
    verdicts.save(session, [(COMPANY, partly_new)], MONDAY + 2 * DAY, complete=False)
    stored = verdicts.get(session, COMPANY)
    assert stored is not None
    assert (stored.checked_at, stored.attempted_at) == (MONDAY, MONDAY + 2 * DAY)


def test_a_verdict_on_no_facts_is_checked_when_it_is_judged(session: Session) -> None:
    assert saved(session, replace(FAILING, checked_at=0.0), MONDAY).checked_at == MONDAY


def test_many_are_saved_at_once_and_the_last_of_each_counts(session: Session) -> None:
    ok = checked(FAILING, MONDAY, Severity.OK)
    verdicts.save(session, [(COMPANY, FAILING), ("c2", FAILING), (COMPANY, ok)], MONDAY)
    words = [verdict.diagnosis.verdict for id in (COMPANY, "c2") if (verdict := verdicts.get(session, id))]
    assert words == [Severity.OK, Severity.FAILURE]


def test_saving_nothing_does_nothing(session: Session) -> None:
    verdicts.save(session, [], MONDAY)
    assert verdicts.get(session, COMPANY) is None


def test_a_diagnosis_of_an_older_version_can_be_read() -> None:
    old = verdicts.encode(FAILING)
    del old["dmarc_record"]
    assert verdicts.decode(old) == replace(FAILING, dmarc_record="")


def every_field(of: type[T], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    """Values of a dataclass with every field made up, those with defaults too."""
    return st.builds(of, **{field.name: given.get(field.name, ...) for field in fields(of)})  # type: ignore[arg-type]


diagnoses = every_field(
    Diagnosis,
    findings=st.lists(every_field(Finding), max_size=3).map(tuple),
    senders=st.lists(every_field(SenderOutcome), max_size=3).map(tuple),
    checked_at=st.floats(allow_nan=False, allow_infinity=False),
)


@given(diagnoses)
def test_a_diagnosis_comes_back_from_json_as_it_was(diagnosis: Diagnosis) -> None:
    assert verdicts.decode(json.loads(json.dumps(verdicts.encode(diagnosis)))) == diagnosis
