"""The address of the page is the truth: each change is one step in the browser's history, so that Back works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

_T = TypeVar("_T")
PAGE = "page"


def text(name: str, default: str = "") -> str:
    """The parameter of this name, the last one if it stands there twice."""
    found = st.query_params.get_all(name)
    return found[-1] if found else default


def many(name: str, parse: Callable[[str], _T]) -> tuple[_T, ...]:
    """All parameters of this name that can be read; what an old or a hostile link holds besides is left out."""
    return tuple(dict.fromkeys(value for raw in st.query_params.get_all(name) for value in _read(parse, raw)))


def one(name: str, parse: Callable[[str], _T], default: _T) -> _T:
    """The parameter of this name, or the default if it is absent or cannot be read."""
    found = many(name, parse)
    return found[-1] if found else default


def bind(name: str, value: Any, default: Any) -> dict[str, Any]:
    """Arguments that make a widget show `value` and write what becomes of it: `st.text_input("Find", **bind(…))`."""
    key = f"url_{name}"
    st.session_state[key] = value
    return {"key": key, "on_change": _written, "args": (name, key, default)}


def go(**changes: object) -> None:
    """Change parameters in one step; None takes one away."""
    params: dict[str, str | list[str]] = {name: st.query_params.get_all(name) for name in st.query_params}
    for name, value in changes.items():
        params.pop(name, None)
        if values := _values(value):
            params[name] = values
    st.query_params.from_dict(params)


def _written(name: str, key: str, default: object) -> None:
    value = st.session_state[key]
    changes: dict[str, object] = {name: None if value == default else value}
    if name != PAGE:
        changes[PAGE] = None  # another list begins at its first page
    go(**changes)


def _values(value: object) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(item) for item in value]
    return [str(value)]


def _read(parse: Callable[[str], _T], raw: str) -> list[_T]:
    try:
        return [parse(raw)]
    except (ValueError, KeyError):
        return []
