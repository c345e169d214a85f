"""`checks login` and `checks server` for people: the answer first, then why, what to do, and what was said."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from checks import catalogue
from checks.model import Finding
from checks.smtp.replies import RULES
from checks.smtp.result import Login, Result, Server, Who
from checks.terminal import marked, plain

_TONES = {
    Result.OK: "good",
    Result.REFUSED: "bad",
    Result.INSECURE: "bad",
    Result.UNREACHABLE: "open",
    Result.UNKNOWN: "open",
}
_ARROWS = {Who.CLIENT: "→", Who.SERVER: "←", Who.NOTE: "·"}


def show_login(server: Server, login: Login, coming: Iterable[Finding], to: Console) -> None:
    """One login: its result, the cause with the next step, and the dialogue with the credentials hidden."""
    where = f"  {server.host}:{server.port} {server.security}"
    whose = f" ({login.provider})" if login.provider else ""
    to.print(marked(login.result, _TONES[login.result]), plain(where + whose))
    if login.result is Result.OK:
        to.print(plain("  The server lets us in."))
    else:
        rule = RULES[login.cause]
        to.print(plain(f"  {rule.title.replace('{about}', server.host)}", "bold"))
        to.print(plain(f"  {rule.meaning}"))
        to.print(plain(f"  What to do: {login.step}"))
        to.print(plain(f"  {rule.code}, {rule.source}", "dim"))
    if login.text:
        to.print(plain(f"  it said: {f'{login.code} ' if login.code else ''}{login.text}"))
    for finding in coming:
        to.print(marked(catalogue.title(finding), "open"))
        to.print(plain(f"  {catalogue.RULES[finding.rule].fix}"))
    to.print(plain(f"  {_way(login)}", "dim"))
    for line in login.dialogue:
        to.print(plain(f"  {_ARROWS[line.who]} {line.text}", "dim" if line.who is Who.NOTE else ""))


def _way(login: Login) -> str:
    tries = "no AUTH sent" if not login.attempts else f"{login.attempts} AUTH sent"
    parts = (tries, login.mechanism, login.tls or "no encryption", login.address)
    return ", ".join(part for part in parts if part)
