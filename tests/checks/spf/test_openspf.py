"""The openspf RFC 7208 suite, all of it, results and explanations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
import yaml

from checks.lookup import FailureReason, Mx, Record, RecordType, ZoneResolver, txt
from checks.spf import check_host
from tests.support.shared import SHARED

SUITE = SHARED / "suites" / "rfc7208-tests.yml"
EXPECTED = 203

Zone = dict[tuple[str, RecordType], list[Record]]


def scenarios() -> Iterator[Any]:
    if not SUITE.exists():
        return
    for document in yaml.load_all(SUITE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
        resolver = resolver_for(document["zonedata"])
        for name, case in document["tests"].items():
            yield pytest.param(resolver, case, id=f"{document['description']}: {name}")


def resolver_for(zonedata: dict[str, list[Any]]) -> ZoneResolver:
    records: Zone = {}
    failures: dict[tuple[str, RecordType] | str, FailureReason] = {}
    for name, entries in zonedata.items():
        owner = name.lower()
        kinds = {kind for entry in entries if isinstance(entry, dict) for kind in entry}
        for entry in entries:
            if isinstance(entry, str):  # TIMEOUT: whatever is not answered by another entry
                answered = {RecordType(k) for k in kinds if k in RecordType.__members__}
                if "TXT" in kinds and all(
                    e.get("TXT") == "NONE" for e in entries if isinstance(e, dict) and "TXT" in e
                ):
                    answered.discard(RecordType.TXT)
                failures.update({(owner, t): FailureReason.TIMEOUT for t in RecordType if t not in answered})
                continue
            ((kind, data),) = entry.items()
            # The suite's SPF entries stand for TXT ones, unless the name has TXT entries of its own.
            if kind == "SPF" and "TXT" in kinds:
                continue
            type = RecordType.TXT if kind == "SPF" else RecordType(kind)
            if data != "NONE":
                records.setdefault((owner, type), []).append(parsed(type, data))
    return ZoneResolver(records, failures)


def parsed(type: RecordType, data: Any) -> Record:
    match type:
        case RecordType.TXT:
            strings = [data] if isinstance(data, str) else data
            return txt(*(s.encode("latin-1") for s in strings))
        case RecordType.MX:
            return Mx(int(data[0]), data[1].lower().rstrip("."))
        case RecordType.AAAA:
            return str(ip_address(data))
        case _:
            return str(data).lower().rstrip(".")


@pytest.mark.parametrize(("resolver", "case"), list(scenarios()))
def test_the_case_of_the_openspf_suite_holds(resolver: ZoneResolver, case: dict[str, Any]) -> None:
    sender = case["mailfrom"] or f"postmaster@{case['helo']}"
    domain = sender.rpartition("@")[2]
    outcome = asyncio.run(check_host(case["host"], domain, sender, case["helo"], resolver=resolver))

    expected = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert outcome.result in expected, outcome
    explanation = case.get("explanation")
    if explanation is not None:
        assert outcome.explanation == ("" if explanation == "DEFAULT" else explanation)


def test_the_whole_suite_is_there() -> None:
    if not SUITE.exists():
        pytest.skip("../shared/suites is not here")
    assert len(list(scenarios())) == EXPECTED
