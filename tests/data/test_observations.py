"""The DNS answers as stored: an answer stays known, a failure stands beside it."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from checks.lookup import (
    Absent,
    Answer,
    FailureReason,
    LookupFailed,
    Mx,
    Record,
    RecordType,
    Result,
    Txt,
    txt,
)
from data.observations import (
    Observation,
    StoredResolver,
    decode_record,
    encode_record,
    known,
    record,
)
from data.schema import ObservationRow

TXT, MX, A = RecordType.TXT, RecordType.MX, RecordType.A
NAME = "example.com"

ANSWER = Answer(NAME, TXT, (txt("v=spf1 -all"),), ttl=60, at=100.0)
NEWER = Answer(NAME, TXT, (txt("v=spf1 ~all"),), ttl=60, at=300.0)
FAILURE = LookupFailed(NAME, TXT, FailureReason.SERVFAIL, "192.0.2.53", at=200.0)
NODATA = Absent(NAME, TXT, nxdomain=False, ttl=30, aliases=("a.example",), at=100.0)
NXDOMAIN = Absent(NAME, TXT, nxdomain=True, at=100.0)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def recorded(session: Session, *results: Result) -> Observation:
    record(session, results)
    session.commit()
    return known(session, [(NAME, TXT)])[NAME, TXT]


def same(one: Result | None, other: Result | None) -> bool:
    """Equal, the times too."""
    return one == other and (one is None or other is None or one.at == other.at)


@pytest.mark.parametrize("result", [ANSWER, NODATA, NXDOMAIN], ids=["answer", "nodata", "nxdomain"])
def test_an_answer_is_given_back_as_it_was(session: Session, result: Result) -> None:
    seen = recorded(session, result)
    assert same(seen.result, result)
    assert seen.failure is None


def test_what_was_never_answered_is_given_back_as_the_failure(session: Session) -> None:
    seen = recorded(session, FAILURE)
    assert same(seen.result, FAILURE)
    assert same(seen.failure, FAILURE)


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
@pytest.mark.parametrize("answer", [ANSWER, NODATA, NXDOMAIN], ids=["answer", "nodata", "nxdomain"])
def test_a_failure_never_erases_an_answer(session: Session, answer: Result, together: bool) -> None:
    if not together:
        recorded(session, answer)
    seen = recorded(session, answer, FAILURE) if together else recorded(session, FAILURE)
    assert same(seen.result, answer)
    assert same(seen.failure, FAILURE)


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
def test_an_answer_clears_the_failure(session: Session, together: bool) -> None:
    seen = recorded(session, ANSWER, FAILURE, NEWER) if together else None
    for result in () if together else (ANSWER, FAILURE, NEWER):
        seen = recorded(session, result)
    assert seen is not None
    assert same(seen.result, NEWER)
    assert seen.failure is None


def test_a_later_failure_takes_the_place_of_the_earlier(session: Session) -> None:
    later = LookupFailed(NAME, TXT, FailureReason.TIMEOUT, at=400.0)
    recorded(session, FAILURE)
    assert same(recorded(session, later).failure, later)


def test_what_the_table_knows_better_stays(session: Session) -> None:
    recorded(session, NEWER)
    assert same(recorded(session, ANSWER).result, NEWER)
    assert recorded(session, FAILURE).failure is None


def test_an_answer_from_before_the_failure_does_not_clear_it(session: Session) -> None:
    recorded(session, ANSWER)
    recorded(session, FAILURE)
    again = Answer(NAME, TXT, ANSWER.records, ttl=60, at=150.0)
    assert same(recorded(session, again).failure, FAILURE)


def test_an_unchanged_answer_keeps_the_time_since_which_it_is_so(session: Session) -> None:
    recorded(session, ANSWER)
    again = Answer(NAME, TXT, ANSWER.records, ttl=60, at=500.0)
    assert same(recorded(session, again).result, ANSWER)
    assert session.scalar(select(func.count()).select_from(ObservationRow)) == 1


def test_names_that_no_column_holds_are_left_out(session: Session) -> None:
    names = ["x" * 256, "nul\0.example", "surrogate\udcff.example"]
    record(session, [Absent(name, TXT, nxdomain=True) for name in names])
    session.commit()
    assert known(session, [(name, TXT) for name in names]) == {}


def test_many_are_written_and_read_at_once(session: Session) -> None:
    answers = [Answer(f"n{n}.example", A, ("192.0.2.1",), at=1.0) for n in range(2500)]
    record(session, answers)
    session.commit()
    seen = known(session, [(answer.name, A) for answer in answers] + [("n1.example", TXT)])
    assert {o.result for o in seen.values()} == set(answers)


def test_hostile_octets_come_back_as_they_were(session: Session) -> None:
    hostile = Answer(NAME, TXT, (Txt((bytes(range(256)),)), Txt((b"",)), Txt(())), at=1.0)
    assert recorded(session, hostile).result == hostile


# The stored resolver


async def test_the_stored_resolver_answers_with_the_time_of_the_fact(session: Session) -> None:
    recorded(session, ANSWER, FAILURE)
    assert same(await StoredResolver(session).lookup(NAME.upper(), TXT), ANSWER)


async def test_what_was_never_asked_is_not_stored(session: Session) -> None:
    result = await StoredResolver(session).lookup(NAME, MX)
    assert result == LookupFailed(NAME, MX, FailureReason.NOT_STORED)


async def test_what_is_no_name_does_not_exist(session: Session) -> None:
    result = await StoredResolver(session).lookup("x" * 300, MX)
    assert result == Absent("x" * 300, MX, nxdomain=True)


async def test_a_name_is_read_once_with_all_its_types(session: Session) -> None:
    record(session, [ANSWER, Answer(NAME, MX, (Mx(10, "mx.example"),))])
    session.commit()
    reads: list[str] = []

    @event.listens_for(session.get_bind(), "before_cursor_execute")
    def note(_: object, __: object, statement: str, *___: object) -> None:
        reads.extend([statement] if statement.startswith("SELECT") else [])

    resolver = StoredResolver(session)
    resolver.prefetch([NAME, "other.example"])
    for type in (TXT, MX, A, TXT):
        await resolver.lookup(NAME, type)
        await resolver.lookup("other.example", type)
    assert len(reads) == 1


# JSON


records: st.SearchStrategy[Record] = st.one_of(
    st.text(),
    st.builds(Txt, st.lists(st.binary(max_size=255), max_size=4).map(tuple)),
    st.builds(Mx, st.integers(0, 65535), st.text()),
)


@given(records)
def test_records_come_back_from_json_as_they_were(one: Record) -> None:
    assert decode_record(json.loads(json.dumps(encode_record(one)))) == one
