"""`python -m checks domain … --propagation`, as a person or a program calls it, and what it prints."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest
from rich.console import Console

from checks.command import Stop
from checks.commands_propagation import Plan, add_options, as_json, look, planned, show, status
from checks.resolver.propagation import Limits
from tests.support.delegated import LOOPBACK, TOP, Domain, world
from tests.support.dns_server import DnsServer, serving
from tests.support.nsd import NSD
from tests.support.zone import parse

ROOT = Path(__file__).resolve().parents[2]
NEW, OLD = "v=spf1 include:spf.sendwell.example -all", "v=spf1 mx -all"
HOSTILE = "v=spf1 a:\\027[31m"


@dataclass(frozen=True)
class Settings:
    public_resolvers: tuple[str, ...] = ("Google=8.8.8.8",)
    smtp_allow: tuple[IPv4Network | IPv6Network, ...] = ()


def plan(*arguments: str, settings: Settings = Settings()) -> Plan | None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return planned(parser.parse_args(arguments), settings)


def test_without_the_option_nothing_is_planned() -> None:
    assert plan() is None


def test_without_an_expected_record_the_three_of_mail_are_looked_at() -> None:
    made = plan("--propagation")
    assert made is not None
    assert [(one.name, one.type) for one in made.wanted("acme.be")] == [
        ("acme.be", "TXT"),
        ("_dmarc.acme.be", "TXT"),
        ("acme.be", "MX"),
    ]


def test_networks_are_allowed_by_the_setting_and_by_the_option() -> None:
    made = plan("--propagation", "--allow", "::1/128", settings=Settings(smtp_allow=LOOPBACK[:1]))
    assert made is not None
    assert made.limits.allow == LOOPBACK


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--expect", NEW), "go with --propagation"),
        (("--allow", "::1/128"), "go with --propagation"),
        (("--propagation", "--expect", " "), "write the record"),
        (("--propagation", "--allow", "localhost"), "is not an IP network"),
    ],
)
def test_wrong_use_is_told(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(Stop, match=says):
        plan(*arguments)


# On real servers


@pytest.fixture(scope="module")
def small_internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limits]:
    if NSD is None:
        pytest.skip("NSD is not installed (Debian, Ubuntu: apt install nsd)")
    new, old, hostile = (f'@ 300 TXT "{text}"' for text in (NEW, OLD, HOSTILE))
    domains = {
        "new.test": Domain({"ns1": new, "ns2": new}),
        "old.test": Domain({"ns1": new, "ns2": old}, serials={"ns2": 1}),
        "odd.test": Domain({"ns1": hostile}),
        "mute.test": Domain(to=["ns.nobody.test"]),
    }
    with world(tmp_path_factory.mktemp("world"), domains) as ports:
        yield Limits(allow=LOOPBACK, ports=ports, timeout=0.5)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("domain", "expected", "ends_with"),
    [
        ("new.test", NEW, 0),
        ("new.test", None, 0),
        ("new.test", OLD, 1),
        ("old.test", NEW, 1),
        ("old.test", None, 1),
        ("mute.test", NEW, 3),
    ],
)
async def test_the_status_says_whether_it_has_arrived(
    small_internet: Limits, domain: str, expected: str | None, ends_with: int
) -> None:
    assert status(await look(domain, Plan(expected, (), small_internet), TOP)) == ends_with


@pytest.mark.integration
async def test_the_object_names_servers_serials_and_what_they_hold(small_internet: Limits) -> None:
    arrivals = await look("old.test", Plan(NEW, (), small_internet), TOP)
    (said,) = json.loads(json.dumps(as_json(arrivals)))["propagation"]
    assert {
        key: said[key] for key in ("state", "zone", "delegated_by", "operators", "records", "seconds")
    } == {
        "state": "on some servers",
        "zone": "old.test",
        "delegated_by": "test",
        "operators": ["combell.test"],
        "records": [NEW],
        "seconds": None,
    }
    assert "is published on 1 of 2 servers of combell.test" in said["sentence"]
    assert [one["addresses"] for one in said["servers"]] == [
        [{"address": "127.0.0.11", "serial": 2, "records": [NEW], "ttl": 300, "problem": None}],
        [{"address": "127.0.0.12", "serial": 1, "records": [OLD], "ttl": 300, "problem": None}],
    ]
    assert [finding["rule"] for finding in said["findings"]] == ["DNS_SERVER_DIFFERS"]


@pytest.mark.integration
async def test_people_read_the_sentence_and_who_holds_what(small_internet: Limits) -> None:
    out = io.StringIO()
    show(await look("old.test", Plan(NEW, (), small_internet), TOP), Console(file=out, width=200))
    said = " ".join(out.getvalue().split())
    assert "✗ The new SPF record of old.test is published on 1 of 2 servers of combell.test" in said
    assert f"✗ ns2.combell.test 127.0.0.12 {OLD} (serial 1)" in said
    assert "WARNING DNS_SERVER_DIFFERS" in said


@pytest.mark.integration
async def test_hostile_text_does_not_reach_the_terminal(small_internet: Limits) -> None:
    out = io.StringIO()
    limits = replace(small_internet, samples=1)
    show(await look("odd.test", Plan(NEW, (), limits), TOP), Console(file=out, width=200))
    assert "\x1b" not in out.getvalue()
    assert "\\x1b[31m" in out.getvalue()


@pytest.mark.integration
def test_the_command_prints_it_beside_the_diagnosis() -> None:
    """The zone's server is on loopback, which is not asked; the public resolver is, and sees the record."""
    records, _ = parse(f"""
        spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ~all
        good.example TXT {NEW}
        good.example MX 10 mail.good.example
        good.example NS ns.good.example
        ns.good.example A 127.0.0.9
        mail.good.example A 198.51.100.7
    """)
    with serving(DnsServer(records)) as server:
        environment = {
            "SENDWELL_NAMESERVERS": server.address,
            "SENDWELL_INCLUDE": "spf.sendwell.example",
            "SENDWELL_SENDING_ADDRESSES": "192.0.2.1",
            "SENDWELL_PUBLIC_RESOLVERS": f"Ours={server.address}",
        }
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "checks",
                "domain",
                "good.example",
                "--propagation",
                "--expect",
                NEW,
                "--json",
            ],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    said = json.loads(done.stdout)
    (arrival,) = said["propagation"]
    assert (done.returncode, done.stderr, said["verdict"]) == (3, "", "ok")
    assert (arrival["state"], arrival["servers"][0]["problem"]) == (
        "unknown",
        "is not asked (no public address)",
    )
    assert arrival["sentence"] == (
        "Whether the new SPF record of good.example is published is not known: the one server of good.example "
        "gives no answer; Ours sees it; ns.good.example is not asked (no public address)."
    )
