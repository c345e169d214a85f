"""`docs/interfaces.md` names the columns that there are."""

import re
from pathlib import Path

from checks.company import AddressState, DmarcState, SmtpState, SpfState
from checks.model import Severity
from data.exporters.rows import COLUMNS
from data.importers import columns

PAGE = (Path(__file__).parent.parent / "docs/interfaces.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    _, _, behind = PAGE.partition(f"\n## {title}")
    return behind.partition("\n## ")[0]


def test_the_columns_of_a_company_file() -> None:
    named = " ".join(re.findall(r"`([^`]+)`", section("Company files"))[:2])
    assert set(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", named))) == columns.NAMES


def test_the_columns_of_an_export() -> None:
    first = re.findall(r"`([^`]+)`", section("Export columns"))[0]
    assert tuple(first.split(", ")) == COLUMNS


def test_the_values_of_a_column_the_worst_first() -> None:
    values = dict(re.findall(r"\| (\w+) \| ([a-z_ ]+)", section("Export columns")))
    kinds = {"address": AddressState, "spf": SpfState, "dmarc": DmarcState, "smtp": SmtpState}
    for column, kind in kinds.items():
        assert values[column].split() == [value for value in kind if value], column
    assert values["verdict"].split() == [each.word for each in sorted(Severity, reverse=True)]
