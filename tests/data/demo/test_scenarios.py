"""Each company of the demo gets just the columns that its scenario says, and no state is missing."""

import pytest

from checks import company, diagnosis
from checks.smtp.standing import Standing
from data.demo import fleet, zone
from data.demo.platform import PLATFORM
from data.demo.scenario import Scenario
from data.demo.scenarios import SCENARIOS


async def judged(member: fleet.Company) -> company.Diagnosis:
    return await diagnosis.diagnose(
        company.Company(
            id=member.id,
            name=member.name,
            method=member.scenario.method,
            email=member.email,
            email_validated=bool(member.email_validated_at),
            from_address=member.from_address,
            smtp_host=member.smtp_host,
            smtp_username=member.smtp_username,
            smtp_has_password=bool(member.smtp_password),
        ),
        PLATFORM,
        zone.resolver(),
        login=login(member),
    )


def login(member: fleet.Company) -> Standing | None:
    """What is known of it if it ended as the scenario says; that it does, `test_mail_server` and `test_start` prove."""
    expected = member.scenario.expected
    if not member.smtp_password:
        return None
    state = company.SmtpState(expected.smtp)
    return Standing(state, "" if state is company.SmtpState.OK else expected.cause)


@pytest.mark.parametrize("scenario", [*SCENARIOS, fleet.GONE], ids=lambda scenario: scenario.name)
async def test_every_company_is_judged_as_its_scenario_says(scenario: Scenario) -> None:
    members = [m for m in (*fleet.companies(), *fleet.former()) if m.scenario is scenario]
    assert len(members) == scenario.count
    for member in members:
        found = await judged(member)
        expected = scenario.expected
        said = (found.verdict.word, found.address.value, found.spf.value, found.dmarc.value, found.smtp.value)
        columns = (expected.address, expected.spf, expected.dmarc, expected.smtp)
        assert said == (expected.verdict, *columns), found.findings
        assert found.cause == expected.cause


async def test_the_platform_itself_is_well() -> None:
    found = await diagnosis.diagnose_platform(PLATFORM, zone.resolver())
    assert found is not None
    assert (found.verdict.word, found.spf.value) == ("ok", "effective"), found.findings


async def test_every_value_of_every_column_is_in_the_fleet() -> None:
    expected = [scenario.expected for scenario in SCENARIOS]
    assert {e.verdict for e in expected} == {"failure", "warning", "unknown", "note", "ok"}
    assert {e.address for e in expected} == {state.value for state in company.AddressState}
    assert {e.spf for e in expected} == {state.value for state in company.SpfState}
    assert {e.dmarc for e in expected} == {state.value for state in company.DmarcState}
    assert {e.smtp for e in expected} == {state.value for state in company.SmtpState}
