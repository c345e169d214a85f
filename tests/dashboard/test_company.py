"""One company's page: the verdict, its evidence, what was published, and no password."""

import pytest
from sqlalchemy.exc import OperationalError
from streamlit.testing.v1 import AppTest

from dashboard.actions.plain_text import one_line
from data import verdicts
from tests.dashboard.conftest import OPEN, begin_a_scan, fill, plain, words
from tests.support import fleet

NUMBERS = {case.values["name"]: str(number) for number, case in enumerate(fleet.cases(), start=1)}


def code(at: AppTest) -> list[str]:
    return [block.value for block in at.code]


def test_a_failing_company_says_why_and_what_to_do(stored: str, companies: OPEN) -> None:
    at = companies(company=NUMBERS["Garage Peeters"])
    assert not at.exception
    told = plain(words(at))
    assert at.title[0].value == "Garage Peeters"
    assert "The SPF record of garage.example does not name us." in told
    assert "**Next step:** Add our include directly after v=spf1." in told
    assert "include:spf.platform.example" in code(at)
    assert "v=spf1 include:_spf.host.example -all" in code(at)
    assert "RFC 7208 5.2" in told
    assert "Checked 12 minutes ago" in told


def test_each_sending_address_shows_what_decided(stored: str, companies: OPEN) -> None:
    senders = companies(company=NUMBERS["Acme Brussels"]).dataframe[0].value
    assert list(senders["Our address"]) == ["192.0.2.1", "2001:db8::1"]
    assert list(senders["Result"]) == ["✓ passes"] * 2
    assert senders["Decided by"][0] == "ip4:192.0.2.0/28"
    assert senders["In the record of"][0] == "spf.platform.example"
    assert not any("What broke" in caption.value for caption in companies(company="1").caption)


def test_what_broke_is_told_once_for_all_addresses_that_met_it(stored: str, companies: OPEN) -> None:
    at = companies(company=NUMBERS["Slow Resolver SA"])
    told = plain(words(at))
    assert "What broke, from 192.0.2.1 and 2001:db8::1" in told
    assert code(at).count("TXT slow.example: timeout") == 2, "once as evidence, once here"
    assert "Not known: the look-up failed." in told


def test_the_last_try_is_told_where_it_came_after_what_the_verdict_stands_on(
    stored: str, companies: OPEN
) -> None:
    assert "Last tried just now" in words(companies(company=NUMBERS["Slow Resolver SA"]))


def test_records_stand_as_published(stored: str, companies: OPEN) -> None:
    shown = code(companies(company=NUMBERS["Strict Policy Oy"]))
    assert "v=DMARC1; p=reject" in shown
    assert "10 mx1.host.example\n20 mx2.host.example" in shown


def test_what_is_told_for_the_audit_stands_apart(stored: str, companies: OPEN) -> None:
    at = companies(company=NUMBERS["Twelve Includes NV"])
    (audit,) = at.expander
    assert audit.label == "For the audit: 1 more, beside what decides the verdict"
    assert "needs more than 10 DNS look-ups in all" in "".join(plain(m.value) for m in audit.markdown)


def test_the_password_is_never_shown(stored: str, companies: OPEN) -> None:
    at = companies(company=NUMBERS["Own Server GmbH"])
    told = words(at)
    assert "invoices@own.example" in told
    assert "smtp.host.example\n587, STARTTLS\ninvoices@own.example" in told
    assert "stored, encrypted" in told
    assert fleet.PASSWORD not in told
    assert "gAAAA" not in told


@pytest.mark.parametrize(
    ("name", "badge"),
    [("No Mail Ltd", "No profile e-mail"), ("Florist Rosa", "E-mail not validated")],
)
def test_without_a_validated_email_there_is_a_red_mark(
    stored: str, companies: OPEN, name: str, badge: str
) -> None:
    told = plain(words(companies(company=NUMBERS[name])))
    assert f":red-badge[:material/priority_high: {badge}]" in told


def test_a_healthy_company_has_nothing_to_do(stored: str, companies: OPEN) -> None:
    told = plain(words(companies(company=NUMBERS["Acme Brussels"])))
    assert "Nothing stands in the way of this company's mail." in told
    assert "Nothing to do." in told
    assert ":red-badge" not in told


def test_a_company_that_no_scan_has_seen_says_so(stored: str, companies: OPEN) -> None:
    at = companies(company=NUMBERS["Imported Yesterday"])
    assert not at.exception
    assert "has not been checked yet" in words(at)
    assert "info@new.example" in words(at)


def test_a_gone_company_is_marked(stored: str, companies: OPEN) -> None:
    assert "Gone from the imports since" in plain(words(companies(company=NUMBERS["Former Customer"])))


def test_a_verdict_of_another_version_is_shown_all_the_same(stored: str, companies: OPEN) -> None:
    at = companies(company=NUMBERS["Old Rule Inc"])
    assert not at.exception
    assert "another version of Sendwell" in words(at)


@pytest.mark.parametrize("number", ["999999", "<b>x</b>", "'; drop table companies", "\x00", "a" * 5000])
def test_an_unknown_number_leads_back(stored: str, companies: OPEN, number: str) -> None:
    at = companies(company=number)
    assert not at.exception
    assert "No such company" in words(at)
    at.button(key="all").click().run()
    assert len(at.dataframe[0].value) == 50


def test_back_keeps_the_filter_of_the_list(stored: str, companies: OPEN) -> None:
    at = companies(q="garage", company=NUMBERS["Garage Peeters"])
    at.button(key="back").click().run()
    assert at.text_input(key="url_q").value == "garage"
    assert list(at.dataframe[0].value["Company"]) == ["Garage Peeters"]


def test_a_database_that_goes_away_is_told(
    stored: str, companies: OPEN, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(verdicts, "get", away)
    at = companies(company="1")
    assert not at.exception
    assert "The database cannot be read" in words(at)


@pytest.mark.parametrize("text", fleet.HOSTILE)
def test_hostile_text_stands_in_code_or_escaped(stored: str, companies: OPEN, text: str) -> None:
    at = companies(company=NUMBERS[text])
    assert not at.exception
    for kind in ("title", "subheader", "markdown", "caption"):
        for element in getattr(at, kind):
            assert text not in element.value
    assert any(one_line(text) in block for block in code(at))


def test_an_imported_but_unscanned_fleet_opens_too(database: str, companies: OPEN) -> None:
    fill(database, 10, scanned=False)
    assert not companies(company="1").exception


def by_the_platform() -> str:
    wanted = (
        n
        for n, c in enumerate(fleet.cases(), start=1)
        if c.values.get("sending_method", "platform") == "platform"
    )
    return str(next(wanted))


def test_a_company_that_sends_from_our_address_says_when_our_own_domain_is_not_well(
    stored: str, companies: OPEN, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "This company's mail leaves from our own domain"
    assert title not in plain(words(companies(company=by_the_platform())))
    begin_a_scan(stored)
    assert title not in plain(words(companies(company=by_the_platform()))), "what was known stays"
    monkeypatch.delenv("SENDWELL_DOMAIN")
    told = plain(words(companies(company=by_the_platform())))
    assert title in told
    assert "Not checked: set `SENDWELL_DOMAIN`" in told
