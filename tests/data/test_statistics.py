"""The numbers of the fleet: what counts, of what, and that gone companies do not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks.company import SendingMethod
from data.companies_search import UNCHECKED
from data.statistics import Share, overview
from tests.support import fleet


@pytest.fixture
def session(store: Engine) -> Iterator[Session]:
    with Session(store) as session:
        yield session


def test_an_empty_database_counts_nothing(session: Session) -> None:
    numbers = overview(session)
    assert (numbers.companies, numbers.gone, numbers.checked) == (0, 0, 0)
    assert numbers.validated.fraction is None
    assert numbers.causes() == ()


def test_the_numbers_are_those_of_the_fleet(session: Session, store: Engine) -> None:
    cases = fleet.cases()
    fleet.fill(store, len(cases))
    numbers = overview(session)
    present = [case for case in cases if not case.gone]
    judged = [case.diagnosis for case in present if case.diagnosis]
    own = [d for c in present if c.values["sending_method"] == "own_address" and (d := c.diagnosis)]
    assert numbers.companies == len(present)
    assert numbers.gone == 1
    assert numbers.checked == len(judged) == len(present) - 1
    assert numbers.validated == Share(sum(d.address == "validated" for d in judged), len(present), 1)
    unknown = sum(d.spf == "unknown" for d in own) + 1  # and the one that nobody has looked at
    assert numbers.effective_own_address == Share(
        sum(d.spf == "effective" for d in own), len(own) + 1, unknown
    )
    assert numbers.effective_all == Share(
        sum(d.spf == "effective" for d in judged), len(present) - 1, unknown
    )
    assert numbers.verdicts()[UNCHECKED] == 1
    assert numbers.verdicts().total() == len(present)
    assert sum(numbers.verdicts(method).total() for method in SendingMethod) == len(present)


def test_the_most_common_cause_comes_first(session: Session, store: Engine) -> None:
    fleet.fill(store, 100)
    causes = overview(session).causes()
    assert [count for _, count in causes] == sorted((count for _, count in causes), reverse=True)
    assert sum(count for _, count in causes) == overview(session).verdicts()["failure"]
    assert overview(session).causes("warning") == (
        ("DMARC_RESTS_ON_SPF_ALONE", 1),
        ("SPF_NO_LONGER_KNOWN", 1),
    )


def test_logins_are_those_of_companies_with_a_server_of_their_own(session: Session, store: Engine) -> None:
    cases = fleet.cases()
    fleet.fill(store, len(cases) + 9)
    logins = overview(session).logins()
    assert logins["failing"] == 1
    assert logins["unchecked"] == 1 + 3, "three sent in another way when they were looked at"
    assert set(logins) == {"failing", "unchecked"}
    assert logins.total() == overview(session).verdicts(SendingMethod.OWN_SERVER).total()


def test_before_the_first_scan_everything_is_unchecked(session: Session, store: Engine) -> None:
    fleet.fill(store, 30, scanned=False)
    numbers = overview(session)
    assert (numbers.companies, numbers.checked) == (29, 0)
    assert dict(numbers.verdicts()) == {UNCHECKED: 29}
    assert set(numbers.logins()) == {"unchecked"}
