"""The list's filter as parameters of its address, both ways."""

from __future__ import annotations

from checks.company import SendingMethod
from checks.model import Severity
from data.companies_search import VERDICTS, Filter, Problem

HIDE_GONE = "hide"


def verdict(text: str) -> str:
    """A verdict's word; ValueError for any other text."""
    if text not in VERDICTS:
        raise ValueError(text)
    return text


def to_params(filter: Filter) -> dict[str, str | list[str]]:
    """What the address must hold for the list to show this filter."""
    params: dict[str, str | list[str]] = {
        "q": filter.text,
        "verdict": list(filter.verdicts),
        "problem": [problem.value for problem in filter.problems],
        "method": [method.value for method in filter.methods],
        "cause": list(filter.causes),
        "gone": HIDE_GONE if filter.present_only else "",
    }
    return {name: value for name, value in params.items() if value}


def of_verdict(word: str) -> dict[str, str | list[str]]:
    """The companies that a number of the overview counts."""
    return to_params(Filter(verdicts=(word,), present_only=True))


def of_login(state: str) -> dict[str, str | list[str]]:
    """The companies with a server of their own whose login is in this state."""
    return to_params(
        Filter(problems=(Problem(f"smtp_{state}"),), methods=(SendingMethod.OWN_SERVER,), present_only=True)
    )


def of_cause(code: str) -> dict[str, str | list[str]]:
    failing = (Severity.FAILURE.word,)
    return to_params(Filter(causes=(code,), verdicts=failing, present_only=True))
