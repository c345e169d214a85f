"""What is stored of a login as JSON: what is known of it, and what was said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from checks.company import SmtpState
from checks.smtp.result import Line, Who
from checks.smtp.standing import Standing


def encode_standing(standing: Standing) -> dict[str, Any]:
    """`decode_standing` gives the same back."""
    return asdict(standing)


def decode_standing(value: Any) -> Standing:
    return Standing(**{**value, "state": SmtpState(value["state"])})


def encode_dialogue(lines: Iterable[Line]) -> list[list[str]]:
    """`decode_dialogue` gives the same back."""
    return [[line.who.value, line.text] for line in lines]


def decode_dialogue(value: Any) -> tuple[Line, ...]:
    return tuple(Line(Who(who), text) for who, text in value)
