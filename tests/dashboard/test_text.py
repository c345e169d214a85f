"""Hostile text: nothing in it is Markdown any more, and what hides is seen."""

import re

import pytest

from dashboard.actions.plain_text import block, one_line
from dashboard.widgets.text import md
from tests.support import fleet


@pytest.mark.parametrize(
    "text", [*fleet.HOSTILE, "mailto:a@b.example", "HTTPS://x.example", "ftp://x", "a\\*b*"]
)
def test_every_sign_of_markdown_is_escaped(text: str) -> None:
    shown = md(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]()<>#~$:|!]", shown)
    assert not re.search(r"(?i)(https?|www|mailto|ftp)\\?[:.]", shown), "a bare link"


def test_plain_words_stay_what_they_are() -> None:
    assert md("Café Zürich, 3rd floor") == "Café Zürich, 3rd floor"


def test_what_turns_or_hides_text_is_shown() -> None:
    assert one_line("a\u202eb\x00c\nd\u200be\ud800") == "a\\u202eb\\x00c\\nd\\u200be\\ud800"


def test_text_without_end_is_cut_and_counted() -> None:
    assert one_line("x" * 300).endswith("x…")
    assert block("x" * 5000).endswith(" … (1,000 more characters)")
