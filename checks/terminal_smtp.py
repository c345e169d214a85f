"""`checks login` and `checks server` for people: the answer first, then why, what to do, and what was said."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from checks import catalogue
from checks.model import Finding
from checks.smtp import words
from checks.smtp.discover import Confidence, Discovery, Found
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


_SURE = {
    Confidence.SURE: "good",
    Confidence.LIKELY: "good",
    Confidence.TO_CONFIRM: "open",
    Confidence.GUESS: "open",
}


def show_discovery(found: Discovery, to: Console) -> None:
    """The servers, the surest first, with what each rests on."""
    to.print(plain(str(found.address), "bold"), plain(f"  mail at {found.provider or 'an unknown provider'}"))
    for note in found.notes:
        to.print(plain(f"  {words.NOTES[note]}"))
    for one in found.servers:
        _show_found(one, to)
    if not found.servers:
        to.print(
            plain("  No server was found: ask the company which one its provider names for outgoing mail.")
        )
    else:
        to.print(plain("No password was sent. Have the company confirm the server; then try one login."))


def _show_found(one: Found, to: Console) -> None:
    tone = "bad" if one.answered is False else _SURE[one.confidence]
    to.print(
        marked(f"{one.server.host}:{one.server.port} {one.server.security}", tone),
        plain(f"  {one.confidence}"),
    )
    to.print(plain(f"    {words.FROM[one.source]}"))
    to.print(plain(f"    user name: {one.username or 'one that the provider gives'}"))
    to.print(plain(f"    opened by: {words.OPENS[one.secret]}"))
    if one.answered is not None:
        said = (
            "answers, encrypted"
            if one.answered
            else RULES[one.cause].title.replace("{about}", one.server.host)
        )
        to.print(plain(f"    {said}"))
