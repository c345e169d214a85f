"""How many logins were made, in words and as JSON."""

from __future__ import annotations

from data.worker.logins import LoginCounts


def logins_as_json(counts: LoginCounts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("due", "tried", "let_in", "put_off")}


def logins_sentence(counts: LoginCounts) -> str:
    tried = "1 login" if counts.tried == 1 else f"{counts.tried:,} logins"
    said = f"{tried} tried, {counts.let_in:,} let in"
    return f"{said}, {counts.put_off:,} left for later" if counts.put_off else said
