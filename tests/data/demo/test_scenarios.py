"""Each company of the demo gets just the columns that its scenario says, and no state is missing."""

import pytest

from checks import company, diagnosis
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
        ),
        PLATFORM,
        zone.resolver(),
    )


@pytest.mark.parametrize("scenario", [*SCENARIOS, fleet.GONE], ids=lambda scenario: scenario.name)
async def test_every_company_is_judged_as_its_scenario_says(scenario: Scenario) -> None:
    members = [m for m in (*fleet.companies(), *fleet.former()) if m.scenario is scenario]
    assert len(members) == scenario.count
    for member in members:
        found = await judged(member)
        expected = scenario.expected
        said = (found.verdict.word, found.address.value, found.spf.value, found.dmarc.value)
        assert said == (expected.verdict, expected.address, expected.spf, expected.dmarc), found.findings
        assert found.cause == expected.cause


async def test_the_platform_itself_is_well() -> None:
    found = await diagnosis.diagnose_platform(PLATFORM, zone.resolver())
    assert found is not None
    assert (found.verdict.word, found.spf.value) == ("ok", "effective"), found.findings


async def test_every_value_of_every_column_is_in_the_fleet() -> None:
    """All but what needs a login: smtp is not looked at yet."""
    expected = [scenario.expected for scenario in SCENARIOS]
    assert {e.verdict for e in expected} == {"failure", "warning", "unknown", "note", "ok"}
    assert {e.address for e in expected} == {state.value for state in company.AddressState}
    assert {e.spf for e in expected} == {state.value for state in company.SpfState}
    assert {e.dmarc for e in expected} == {state.value for state in company.DmarcState}
