"""The fleet: 500 companies, the same each time, in reserved names and documentation addresses."""

import csv
import ipaddress
import subprocess
import sys
from collections import Counter
from pathlib import Path

from checks import domain_name
from checks.company import SendingMethod
from checks.domain_name import BadName
from checks.lookup import Mx, RecordType, Txt
from data.demo import fleet, platform, zone
from data.demo.fleet import COLUMNS, Company
from data.demo.mail_hosts import mail_hosts
from data.demo.mail_layout import Layout
from data.demo.scenarios import SCENARIOS
from data.demo.services import PROVIDERS

ROOT = Path(__file__).parents[3]
DOCUMENTATION = [
    ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def test_it_has_500_companies_with_ids_and_names_of_their_own() -> None:
    companies = (*fleet.companies(), *fleet.former())
    assert len(fleet.companies()) == 500
    assert len({company.id for company in companies}) == len(companies)
    assert len({company.name for company in companies}) == len(companies)


def test_it_is_the_same_in_every_process() -> None:
    here = repr([company.row(587) for company in (*fleet.companies(), *fleet.former())])
    program = (
        "from data.demo import fleet; "
        "print([c.row(587) for c in (*fleet.companies(), *fleet.former())], end='')"
    )
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, check=True
        )
        assert done.stdout.decode() == here


def test_the_scenarios_mix_in_the_order_of_the_ids() -> None:
    first = fleet.companies()[:50]
    assert [c.id for c in first] == sorted(c.id for c in first)
    assert len({c.scenario.name for c in first}) > 15


def test_every_method_and_verdict_is_there_and_most_are_well() -> None:
    methods = Counter(c.scenario.method for c in fleet.companies())
    verdicts = Counter(c.scenario.expected.verdict for c in fleet.companies())
    assert set(methods) == set(SendingMethod)
    assert set(verdicts) == {"ok", "note", "unknown", "warning", "failure"}
    assert verdicts["ok"] > 250
    assert verdicts["failure"] < 120


def test_no_two_scenarios_share_a_name_and_none_is_empty() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(scenario.count > 0 for scenario in SCENARIOS)


def test_companies_own_reserved_names_alone() -> None:
    owned = [c.domain for c in (*fleet.companies(), *fleet.former()) if c.owns_domain]
    assert len(set(owned)) == len(owned)
    assert all(domain.endswith(".example") for domain in owned)


def test_nobody_owns_a_name_of_the_platform_or_of_a_mail_provider() -> None:
    taken = {platform.DOMAIN, *(provider.domain for provider in PROVIDERS)}
    assert not taken & {c.domain for c in fleet.companies() if c.owns_domain}


def test_hostile_names_internationalised_domains_and_subdomains_are_among_them() -> None:
    names = [c.name for c in fleet.companies()]
    for start in "=+-@<*":
        assert any(name.startswith(start) for name in names), start
    assert any(not c.domain.isascii() for c in fleet.companies())
    assert any(c.from_address.rpartition("@")[2] not in ("", c.domain) for c in fleet.companies())


def test_own_servers_come_with_and_without_a_host_and_a_password() -> None:
    servers = [c for c in fleet.companies() if c.scenario.own_server]
    assert servers == [c for c in fleet.companies() if c.scenario.method is SendingMethod.OWN_SERVER]
    assert {(bool(c.smtp_host), bool(c.smtp_password)) for c in servers} == {
        (True, True),
        (True, False),
        (False, False),
    }


def test_the_file_has_a_line_for_each_company(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    fleet.write_csv(path, fleet.companies(), lambda company: 587)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1:] == [list(company.row(587)) for company in fleet.companies()]


def test_every_address_is_from_a_documentation_range_but_for_the_mail_servers_on_loopback() -> None:
    servers = {host.name for host in mail_hosts()}
    for (name, type), records in zone.records().items():
        if type not in (RecordType.A, RecordType.AAAA) or records in (("127.0.0.2",), ("10.20.0.25",)):
            continue  # what a name for `exists:` holds, and what the guard turns away: nobody connects there
        if name in servers:
            assert records == (Layout().address(name),)
            continue
        for record in records:
            address = ipaddress.ip_address(str(record))
            assert any(address in network for network in DOCUMENTATION), (name, record)


def test_no_placeholder_is_left_in_the_zone_or_the_file() -> None:
    texts = [name for name, _ in zone.records()]
    texts += [str(record) for records in zone.records().values() for record in records]
    texts += [cell for company in fleet.companies() for cell in company.row(587)[2:]]
    for placeholder in (
        "<domain>",
        "<ours>",
        "<others>",
        "<host",
        "<local>",
        "<billing>",
        "<slug>",
        "<flat>",
    ):
        assert not [text for text in texts if placeholder in text]


def test_every_name_in_the_zone_is_written_as_look_ups_write_it() -> None:
    for name, _ in zone.records():
        assert name == domain_name.domain(name)


def test_records_that_stand_in_the_way_of_others_do_not_exist() -> None:
    aliases = {name for name, type in zone.records() if type is RecordType.CNAME}
    assert not [name for name, type in zone.records() if name in aliases and type is not RecordType.CNAME]


def test_exchangers_have_both_addresses_unless_a_scenario_takes_them_away() -> None:
    plain = [c for c in fleet.companies() if c.owns_domain and c.scenario.mx is None]
    for company in plain:
        for exchanger in _exchangers(company):
            assert zone.records().get((exchanger, RecordType.A)), (company.id, exchanger)
            assert zone.records().get((exchanger, RecordType.AAAA)), (company.id, exchanger)


def _exchangers(company: Company) -> list[str]:
    found = zone.records()[domain_name.domain(company.domain), RecordType.MX]
    return [record.exchange for record in found if isinstance(record, Mx)]


def test_the_zone_has_several_character_strings_and_an_answer_too_large_for_udp() -> None:
    answers = [[r for r in records if isinstance(r, Txt)] for records in zone.records().values()]
    assert any(len(record.strings) > 1 for answer in answers for record in answer)
    assert any(sum(len(record.octets) for record in answer) > 1232 for answer in answers)


def test_malformed_addresses_are_malformed() -> None:
    malformed = [c for c in fleet.companies() if c.scenario.expected.address == "malformed"]
    assert malformed
    for company in malformed:
        assert company.email
        assert not _is_address(company.email), company.email


def _is_address(text: str) -> bool:
    try:
        domain_name.address(text)
    except BadName:
        return False
    return True
