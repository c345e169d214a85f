"""`python -m data what-if` as people and programs call it. A test that sends a packet fails by the guard."""

import asyncio
import json
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from checks.command import Stop
from checks.company import Company, SendingMethod
from checks.lookup import Record, RecordType, ZoneResolver, txt
from checks.platform import Platform
from data import __main__ as command
from data.engine import open_engine, writing
from tests.support.stored_fleet import Notebook, store

PLATFORM = Platform("spf.ours.example", (ip_address("192.0.2.1"),), domain="ours.example")
INCLUDE = "v=spf1 include:spf.ours.example -all"
HOSTILE = "Evil \x1b[31m\u202e[bold]\nname"


@pytest.fixture
def stored(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three companies that include us and one that does not, scanned."""
    monkeypatch.setenv("SENDWELL_INCLUDE", "spf.ours.example")
    monkeypatch.setenv("SENDWELL_SENDING_ADDRESSES", "192.0.2.1")
    monkeypatch.setenv("SENDWELL_DOMAIN", "ours.example")
    monkeypatch.setenv("SENDWELL_NAMESERVERS", "192.0.2.53")
    texts = {"spf.ours.example": "v=spf1 ip4:192.0.2.0/24 -all", "d3.example": "v=spf1 -all"}
    texts |= dict.fromkeys(("ours.example", "d0.example", "d1.example", "d2.example"), INCLUDE)
    records: dict[tuple[str, RecordType], Sequence[Record]] = {
        (name, RecordType.TXT): [txt(text)] for name, text in texts.items()
    }
    companies = [_company(n) for n in range(4)]
    engine = open_engine(f"sqlite:///{project}/var/sendwell.db")
    with writing(engine) as session:
        asyncio.run(store(session, companies, PLATFORM, Notebook(ZoneResolver(records))))
    engine.dispose()
    return project


def _company(n: int) -> Company:
    method = SendingMethod.PLATFORM if n == 2 else SendingMethod.OWN_ADDRESS
    return Company(str(n), HOSTILE if n == 1 else f"Company {n}", method, f"info@d{n}.example", True)


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    out = capsys.readouterr()
    assert out.err == ""
    return json.loads(out.out)


def stopped(*arguments: str) -> tuple[int, str]:
    with pytest.raises(Stop) as caught:
        command.main(["what-if", *arguments])
    return caught.value.status, str(caught.value)


def test_json_is_one_object_with_every_list(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["what-if", "--include-record", "v=spf1 -all", "--json"]) == 1
    found = said(capsys)
    assert (found["companies"], found["judged"], found["stored_verdict_differs"]) == (4, 3, 0)
    assert found["counts"]["loses"] == {"own_address": 2, "platform": 1}
    assert [(c["company_id"], c["matters"]) for c in found["loses"]] == [
        ("0", True),
        ("1", True),
        ("2", False),
    ]
    assert found["loses"][0] == {
        "company_id": "0",
        "name": "Company 0",
        "domain": "d0.example",
        "sending_method": "own_address",
        "matters": True,
        "before": "effective",
        "after": "ineffective",
        "reason": "SPF_INCLUDE_LACKS_ADDRESS",
        "about": "spf.ours.example",
        "evidence": found["loses"][0]["evidence"],
        "terms_before": 1,
        "terms_after": 1,
    }
    for group in ("gains", "becomes_unknown", "over_budget_for_us", "over_budget_for_others"):
        assert found[group] == []
    assert found["passes_from_some"] == []
    assert found["platform_domain"]["after"] == "ineffective"
    assert [w["rule"] for w in found["warnings"]] == ["PROPOSED_LACKS_ADDRESS"]
    assert found["records"] == {"spf.ours.example": ["v=spf1 -all"]}


def test_nobody_loses_ends_with_0(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    split = ["--include-record", "v=spf1 include:_a.ours.example -all"]
    split += ["--record", "_A.ours.example.=v=spf1 ip4:192.0.2.0/24 -all"]
    assert command.main(["what-if", *split, "--json"]) == 0
    found = said(capsys)
    assert found["loses"] == []
    assert set(found["records"]) == {"spf.ours.example", "_a.ours.example"}


def test_unknown_is_told_and_is_no_loss(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["what-if", "--include-record", "v=spf1 include:new.example -all", "--json"]) == 0
    assert len(said(capsys)["becomes_unknown"]) == 3


def test_people_get_the_flaws_the_counts_and_the_first_of_each_group(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["what-if", "--include-record", "v=spf1 -all", "--show", "2"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("FAILURE PROPOSED_LACKS_ADDRESS: The proposed record of spf.ours.example")
    assert "4 companies: 3 can be touched by it" in out
    assert "Our own domain ours.example: effective → ineffective" in out
    assert "3 lose: our mail passes now, and would not any more (1 platform, 2 own_address)" in out
    assert "Company 0" in out
    assert "effective → ineffective" in out
    assert "SPF_INCLUDE_LACKS_ADDRESS" in out
    assert "Company 2" not in out
    assert "… and 1 more" in out
    assert "0 gain" in out


def test_hostile_names_do_not_reach_the_terminal(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["what-if", "--include-record", "v=spf1 -all \x1b[31mx", "--record", "d1.example=v=spf1 a"])
    out = capsys.readouterr().out
    assert not {"\x1b", "\u202e"} & set(out)
    assert "[bold]" in out


def test_other_addresses_are_tried(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["what-if", "--addresses", "192.0.2.9, 192.0.2.10", "--json"]) == 0
    found = said(capsys)
    assert found["addresses"] == ["192.0.2.9", "192.0.2.10"]
    assert command.main(["what-if", "--addresses", "203.0.113.1", "--json"]) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Nothing would change: give --include-record, --record or --addresses"),
        (["--include-record", "ip4:192.0.2.1 -all"], "“ip4:192.0.2.1 -all” is no SPF record: begin it with"),
        (["--include-record", "v=spf10 -all"], "is no SPF record"),
        (["--record", "a.example=include:b"], "--record: “include:b” is no SPF record"),
        (["--record", "v=spf1 -all"], "“v” is a single label"),
        (["--record", "not a name=v=spf1 -all"], "has a blank in it"),
        (["--record", "=v=spf1 -all"], "is empty"),
        (["--addresses", "192.0.2.0/24"], "“192.0.2.0/24” is not an IP address: give single addresses"),
        (["--show", "many"], "--help tells how it is used"),
    ],
)
def test_wrong_usage_is_told_in_one_line(stored: Path, arguments: list[str], told: str) -> None:
    status, line = stopped(*arguments)
    assert status == 2
    assert told in line
    assert "\n" not in line


def test_missing_settings_are_told_without_asking_the_dns(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENDWELL_SENDING_ADDRESSES")
    assert stopped("--include-record", "v=spf1 -all")[0] == 2
    monkeypatch.delenv("SENDWELL_INCLUDE")
    assert stopped("--include-record", "v=spf1 -all")[0] == 2


def test_without_a_database_or_facts_it_ends_with_3(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDWELL_INCLUDE", "spf.ours.example")
    monkeypatch.setenv("SENDWELL_SENDING_ADDRESSES", "192.0.2.1")
    status, line = stopped("--include-record", "v=spf1 -all")
    assert (status, "There is no database" in line) == (3, True)
    assert list(project.iterdir()) == []
    open_engine(f"sqlite:///{project}/var/sendwell.db").dispose()
    status, line = stopped("--include-record", "v=spf1 -all")
    assert (status, "python -m data import" in line) == (3, True)
