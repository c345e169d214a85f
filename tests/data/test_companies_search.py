"""The list of companies: what a search finds, how filters combine, and pages that never lose or repeat a row."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks.company import SendingMethod, SmtpState
from data import verdicts
from data.companies_search import UNCHECKED, Filter, Listed, Order, Problem, folded, get, search
from data.engine import writing
from tests.support import fleet, login_fleet
from tests.support.fleet import NOW, judged

SIZE = 130


@pytest.fixture
def session(store: Engine) -> Iterator[Session]:
    fleet.fill(store, SIZE)
    with Session(store) as session:
        yield session


def names(session: Session, **filter: object) -> list[str]:
    return [row.name for row in search(session, Filter(**filter), Order.NUMBER, size=SIZE).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("acme", "Acme Brussels"),
        ("ACME  brussels", "Acme Brussels"),
        ("brussels acme.example", "Acme Brussels"),
        ("info@bakery.example", "Bakery De Smet"),
        ("BILLING@bakery", "Bakery De Smet"),
        ("café-zürich.example", "Café Zürich"),
        ("CAFÉ-ZÜRICH.EXAMPLE", "Café Zürich"),
        ("xn--caf-zrich-d4a5s.example", "Café Zürich"),
        ("info@xn--caf-zrich-d4a5s.example", "Café Zürich"),
        ("cafe\u0301 zu\u0308rich", "Café Zürich"),
        ("$E=mc^2$", fleet.HOSTILE[3]),
    ],
)
def test_a_company_is_found_by_what_is_known_of_it(session: Session, text: str, name: str) -> None:
    assert names(session, text=text) == [name]


def test_a_company_is_found_by_its_number(session: Session) -> None:
    assert "Acme Brussels" in names(session, text="1")
    assert search(session, Filter(text=str(SIZE))).rows[0].id == str(SIZE)


@pytest.mark.parametrize(
    "text", ["%", "_cme", "a%e", "acme/", "\\", "'; drop table companies; --", "\x00acme\x00zzz"]
)
def test_a_wildcard_or_a_quote_is_text_like_any_other(session: Session, text: str) -> None:
    assert names(session, text=text) == []


def test_control_characters_only_part_words(session: Session) -> None:
    assert folded("\x00Acme\x00Brussels") == " acme brussels"
    assert names(session, text="\x00acme\x00brussels") == ["Acme Brussels"]


def test_a_search_text_without_end_is_cut(session: Session) -> None:
    assert names(session, text="a " * 100_000) == names(session, text="a")
    assert names(session, text="x" * 100_000) == []


def test_filters_of_one_facet_widen_and_those_of_two_narrow(session: Session) -> None:
    missing = names(session, problems=(Problem.SPF_MISSING,))
    ineffective = names(session, problems=(Problem.SPF_INEFFECTIVE,))
    assert len(names(session, problems=(Problem.SPF_MISSING, Problem.SPF_INEFFECTIVE))) == len(missing) + len(
        ineffective
    )
    assert names(session, problems=(Problem.SPF_MISSING, Problem.UNVALIDATED)) == []
    assert "Garage Peeters" in names(
        session, problems=(Problem.SPF_MISSING,), methods=(SendingMethod.OWN_ADDRESS,)
    )
    assert "Garage Peeters" not in names(
        session, problems=(Problem.SPF_MISSING,), methods=(SendingMethod.PLATFORM,)
    )


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        (Problem.UNVALIDATED, "No Mail Ltd"),
        (Problem.UNVALIDATED, "Florist Rosa"),
        (Problem.UNREACHABLE, "Parked Domain BV"),
        (Problem.SPF_INEFFECTIVE, "Twelve Includes NV"),
        (Problem.SPF_MISSING, "Garage Peeters"),
        (Problem.SPF_IMPOSSIBLE, "Gmail Trader"),
        (Problem.SPF_UNKNOWN, "Slow Resolver SA"),
        (Problem.SMTP_FAILING, "Locked Out ApS"),
        (Problem.SMTP_UNCHECKED, "Own Server GmbH"),
    ],
)
def test_each_problem_finds_its_companies(session: Session, problem: Problem, name: str) -> None:
    assert name in names(session, problems=(problem,))


def test_each_state_of_a_login_is_found_alone(session: Session, store: Engine) -> None:
    own = search(session, Filter(methods=(SendingMethod.OWN_SERVER,)), Order.NUMBER).rows
    session.rollback()
    states = dict(zip((row.id for row in own), SmtpState, strict=False))
    with writing(store) as other:
        verdicts.save(other, [(id, judged("x.example", smtp=state)) for id, state in states.items()], NOW)

    def found(problem: Problem) -> set[str]:
        return {row.id for row in search(session, Filter(problems=(problem,)), size=SIZE).rows} & set(states)

    alone = {state: {id for id, other in states.items() if other is state} for state in SmtpState}
    assert found(Problem.SMTP_FAILING) == alone[SmtpState.FAILING]
    assert found(Problem.SMTP_PAUSED) == alone[SmtpState.PAUSED]
    assert found(Problem.SMTP_UNKNOWN) == alone[SmtpState.UNKNOWN]
    assert found(Problem.SMTP_OK) == alone[SmtpState.OK]
    sent_otherwise = alone[SmtpState.NOT_USED]
    assert found(Problem.SMTP_UNCHECKED) == alone[SmtpState.UNCHECKED] | sent_otherwise


def test_a_login_is_listed_with_since_when_it_is_so_where_that_is_of_these_settings(
    session: Session, store: Engine
) -> None:
    session.rollback()
    login_fleet.fill(store, NOW)
    found = search(session, Filter(methods=(SendingMethod.OWN_SERVER,)), Order.NAME, size=SIZE).rows
    since = {row.id: row.login_since for row in found}
    assert since["works"] == pytest.approx(NOW.timestamp() - 9 * login_fleet.DAY)
    assert since["paused"] == pytest.approx(NOW.timestamp() - 3 * login_fleet.DAY)
    assert since["changed"] is None
    assert since["new"] is None


def test_verdicts_are_chosen_by_their_word_and_none_yet_is_one(session: Session) -> None:
    assert names(session, verdicts=(UNCHECKED,)) == ["Imported Yesterday"]
    assert names(session, verdicts=("warning",)) == ["Strict Policy Oy", "Old Rule Inc"]
    assert len(names(session, verdicts=("warning", UNCHECKED))) == 3
    assert names(session, causes=("SPF_SHARED_DOMAIN",)) == ["Gmail Trader"]


def test_gone_companies_are_listed_unless_they_are_left_out(session: Session) -> None:
    assert "Former Customer" in names(session)
    assert "Former Customer" not in names(session, present_only=True)


@pytest.mark.parametrize("order", list(Order))
def test_pages_hold_every_company_once(session: Session, order: Order) -> None:
    pages = [search(session, Filter(), order, number, size=7) for number in range(1, 20)]
    assert {page.count for page in pages} == {19}
    assert len({row.id for page in pages for row in page.rows}) == SIZE == pages[0].total


def test_the_orders_are_what_they_say(session: Session) -> None:
    severities = ["failure", "warning", "unknown", "note", "ok", UNCHECKED]
    worst = [severities.index(row.verdict) for row in all_in(session, Order.WORST)]
    assert worst == sorted(worst)
    folded_names = [row.name.casefold() for row in all_in(session, Order.NAME)]
    assert folded_names == sorted(folded_names)
    assert [row.id for row in all_in(session, Order.NUMBER)] == [str(n) for n in range(1, SIZE + 1)]
    assert all_in(session, Order.CHECKED)[0].name == "Imported Yesterday"


def all_in(session: Session, order: Order) -> tuple[Listed, ...]:
    return search(session, Filter(), order, size=SIZE).rows


@pytest.mark.parametrize(("asked", "given"), [(-5, 1), (0, 1), (3, 3), (99, 3)])
def test_a_page_that_is_not_there_is_the_nearest_one(session: Session, asked: int, given: int) -> None:
    page = search(session, Filter(), page=asked)
    assert (page.number, page.count) == (given, 3)
    assert page.rows


def test_nothing_found_is_one_empty_page(session: Session) -> None:
    page = search(session, Filter(text="no such company"))
    assert (page.rows, page.total, page.number, page.count) == ((), 0, 1, 1)


def test_a_row_says_what_the_cause_is_about(session: Session) -> None:
    (row,) = search(session, Filter(text="garage")).rows
    assert (row.cause, row.about) == ("SPF_INCLUDE_MISSING", "garage.example")
    (row,) = search(session, Filter(text="acme")).rows
    assert (row.cause, row.about) == ("", "")


def test_a_profile_never_holds_the_password(session: Session) -> None:
    (row,) = search(session, Filter(text="own server")).rows
    profile = get(session, row.id)
    assert profile is not None
    assert profile.has_password
    assert profile.smtp_username == "invoices@own.example"
    assert fleet.PASSWORD not in repr(profile)


def test_an_unknown_number_is_no_company(session: Session) -> None:
    assert get(session, "nobody") is None
