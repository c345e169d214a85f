"""The commands as a person or a program calls them: output, exit status, and nothing else on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.support.dns_server import DnsServer, serving
from tests.support.zone import parse

ROOT = Path(__file__).resolve().parents[2]
ZONE = """
    spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 include:six.sendwell.example ~all
    six.sendwell.example TXT v=spf1 ip6:2001:db8::/64 ~all
    good.example TXT v=spf1 include:spf.sendwell.example -all
    xn--bcher-kva.example TXT v=spf1 -all
    good.example MX 10 mail.good.example
    mail.good.example A 198.51.100.7
    bad.example TXT v=spf1 mx -all exp=why.bad.example
    bad.example MX 10 mail.good.example
    why.bad.example TXT "%{i} is none of ours"
    dark.example MX 10 mail.good.example
    odd.example TXT "v=spf1 a:\x1b[31m -all"
    odd.example MX 10 mail.good.example
"""

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    records, _ = parse(ZONE)
    with serving(DnsServer(records, {"dark.example": "servfail"})) as server:
        yield {
            "SENDWELL_NAMESERVERS": server.address,
            "SENDWELL_INCLUDE": "spf.sendwell.example",
            "SENDWELL_SENDING_ADDRESSES": "192.0.2.1,2001:db8::1",
        }


def run(
    environment: dict[str, str], *arguments: str, stdout: int | IO[str] = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")}
    return subprocess.run(
        [sys.executable, "-m", "checks", *arguments],
        cwd=ROOT,
        env=kept | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


def test_spf_prints_the_object_of_the_interface(environment: dict[str, str]) -> None:
    done = run(
        environment, "spf", "good.example", "--ip", "192.0.2.1", "--sender", "a@good.example", "--json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert {k: said[k] for k in ("result", "explanation", "matched", "terms", "voids", "address_family")} == {
        "result": "pass",
        "explanation": "",
        "matched": {"name": "good.example", "term": "include:spf.sendwell.example"},
        "terms": 1,
        "voids": 0,
        "address_family": "ipv4",
    }


def test_spf_that_does_not_pass_ends_with_1_and_the_domains_explanation(environment: dict[str, str]) -> None:
    done = run(environment, "spf", "bad.example", "--ip", "192.0.2.1", "--sender", "a@bad.example", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["result"], said["explanation"]) == (1, "fail", "192.0.2.1 is none of ours")


def test_spf_that_could_not_be_looked_up_ends_with_3(environment: dict[str, str]) -> None:
    done = run(
        environment, "spf", "dark.example", "--ip", "192.0.2.1", "--sender", "a@dark.example", "--json"
    )
    assert (done.returncode, json.loads(done.stdout)["result"]) == (3, "temperror")


def test_spf_tells_what_if_another_record_stood_there(environment: dict[str, str]) -> None:
    record = "v=spf1 ip4:192.0.2.1 -all"
    what_if = ("--ip", "192.0.2.1", "--sender", "a@bad.example", "--record", record)
    done = run(environment, "spf", "bad.example", *what_if)
    assert done.returncode == 0
    assert "by ip4:192.0.2.1 in the record of bad.example" in done.stdout


@pytest.mark.parametrize("name", ["bücher.example", "BÜCHER.example.", "xn--bcher-kva.example"])
def test_another_record_stands_at_the_name_however_it_is_written(
    environment: dict[str, str], name: str
) -> None:
    what_if = ("--ip", "198.51.100.9", "--sender", "a@b.example", "--record", "v=spf1 ip4:198.51.100.9 -all")
    assert run(environment, "spf", name, *what_if).returncode == 0


def test_a_record_that_is_not_utf_8_is_judged_as_its_octets(environment: dict[str, str]) -> None:
    what_if = ("--ip", "192.0.2.1", "--sender", "a@bad.example", "--record", os.fsdecode(b"v=spf1 \xff -all"))
    done = run(environment, "spf", "bad.example", *what_if)
    assert (done.returncode, done.stderr) == (1, "")
    assert "permerror" in done.stdout


def test_hostile_text_does_not_reach_the_terminal(environment: dict[str, str]) -> None:
    for arguments in (
        ("spf", "odd.example", "--ip", "192.0.2.1", "--sender", "a@odd.example"),
        ("domain", "odd.example"),
    ):
        done = run(environment, *arguments)
        assert done.returncode == 1
        assert "\x1b" not in done.stdout
        assert "a:\\x1b[31m" in done.stdout


def test_domain_prints_one_object_a_line(environment: dict[str, str]) -> None:
    done = run(environment, "domain", "good.example", "GOOD.example.", "bad.example", "--json")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(d["domain"], d["verdict"], d["spf"], d["dmarc"]) for d in said] == [
        ("good.example", "ok", "effective", "absent"),
        ("bad.example", "failure", "missing", "absent"),
    ]
    assert done.returncode == 1
    assert [s["matched"] for s in said[0]["senders"]] == [
        {"name": "good.example", "term": "include:spf.sendwell.example"}
    ] * 2


@pytest.mark.parametrize(("name", "status"), [("good.example", 0), ("bad.example", 1), ("dark.example", 3)])
def test_the_exit_status_says_what_became_of_the_domain(
    environment: dict[str, str], name: str, status: int
) -> None:
    assert run(environment, "domain", name).returncode == status


@pytest.mark.parametrize(
    ("arguments", "setting", "says"),
    [
        (("domain", "a..b"), {}, "empty label"),
        (("domain", "good.example"), {"SENDWELL_INCLUDE": ""}, "SENDWELL_INCLUDE is not set"),
        (("domain", "good.example"), {"SENDWELL_INCLUDE": "not a name"}, "SENDWELL_INCLUDE"),
        (("domain", "good.example"), {"SENDWELL_SENDING_ADDRESSES": "192.0.2"}, "SENDWELL_SENDING_ADDRESSES"),
        (("domain", "good.example"), {"SENDWELL_NAMESERVERS": "ns.example"}, "SENDWELL_NAMESERVERS"),
        (("spf", "good.example", "--ip", "here", "--sender", "a@b.example"), {}, "--ip"),
        (
            ("spf", "good.example", "--ip", "192.0.2.1", "--sender", "a@b.example", "--record", "mx"),
            {},
            "--record",
        ),
    ],
)
def test_wrong_use_is_one_line_and_2(
    environment: dict[str, str], arguments: tuple[str, ...], setting: dict[str, str], says: str
) -> None:
    done = run(environment | setting, *arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert says in done.stderr


def test_without_sending_addresses_one_of_each_network_is_listed(environment: dict[str, str]) -> None:
    done = run(environment | {"SENDWELL_SENDING_ADDRESSES": ""}, "domain", "good.example")
    assert done.returncode == 2
    assert "192.0.2.1, 2001:db8::1" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_include_that_could_not_be_looked_up_is_not_told_as_empty(environment: dict[str, str]) -> None:
    lacking = {"SENDWELL_SENDING_ADDRESSES": "", "SENDWELL_INCLUDE": "dark.example"}
    done = run(environment | lacking, "domain", "good.example")
    assert done.returncode == 2
    assert "could not be looked up (dark.example: servfail)" in done.stderr
    empty = run(environment | lacking | {"SENDWELL_INCLUDE": "gone.example"}, "domain", "good.example")
    assert "names no network to choose from (no such name)" in empty.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_cannot_be_written_is_one_line(environment: dict[str, str]) -> None:
    asked = ("spf", "good.example", "--ip", "192.0.2.1", "--sender", "a@good.example", "--json")
    with open("/dev/full", "w") as full:
        done = run(environment, *asked, stdout=full)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "the output cannot be written" in done.stderr


def test_a_reader_that_goes_away_is_no_verdict(environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(environment, "domain", "good.example", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_terminals_encoding_lacks_becomes_escapes(environment: dict[str, str]) -> None:
    done = run(environment | {"PYTHONIOENCODING": "ascii"}, "domain", "good.example")
    assert (done.returncode, done.stderr) == (0, "")
    assert "good.example  \\u2713 OK" in done.stdout


def test_errors_are_not_told_among_the_results(environment: dict[str, str]) -> None:
    """Where who started us closed standard error."""
    closed = ["bash", "-c", f'"{sys.executable}" -m checks domain a..b 2>&-']
    done = subprocess.run(
        closed,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")


def test_wrong_usage_is_one_line(environment: dict[str, str]) -> None:
    done = run(environment, "spf", "good.example")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "--ip" in done.stderr
