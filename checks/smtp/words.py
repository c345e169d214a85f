"""The words for what `discover` finds (where a server is known from, what opens it, what else was learnt), and for a
login that waits."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks.providers import Secret
from checks.smtp.discover import Note, Source

FROM: Mapping[Source, str] = MappingProxyType(
    {
        Source.TYPED: "the provider of the server that was entered",
        Source.ADDRESS: "the address is the provider's own",
        Source.MX: "the provider takes the domain's mail",
        Source.AUTOCONFIG: "the domain publishes it for mail programs",
        Source.SRV: "the domain names it in the DNS (SRV)",
        Source.BEHIND: "the provider seems to be behind the filter",
        Source.GUESS: "a usual name, and a mail server answers there",
    }
)
OPENS: Mapping[Secret, str] = MappingProxyType(
    {
        Secret.PASSWORD: "the mailbox's password",
        Secret.APP_PASSWORD: "an app password, made in the account's security settings",
        Secret.OAUTH: "no password: OAuth alone",
        Secret.KEY: "a key made in the provider's settings",
    }
)
NOTES: Mapping[Note, str] = MappingProxyType(
    {
        Note.FORWARD_ONLY: "Mail to this domain is only forwarded: there is no mailbox and no server to log in at.",
        Note.GATEWAY: "A filter stands in front of the mailboxes and hides whose they are: ask the company.",
        Note.NO_MAIL: "The domain says that it takes no mail (null MX).",
        Note.NO_SUCH_DOMAIN: "The DNS knows no such domain.",
        Note.NOT_LOOKED_UP: "Not everything could be looked up: try again later.",
        Note.SENDS_ONLY: "The domain's mail goes to a service for sending: its server wants a key of its own.",
    }
)


def not_again(may_be_asked: bool) -> str:
    """When a paused login is tried again; `may_be_asked`: whether check now tries it (`checks.smtp.etiquette`)."""
    also = ", or by check now when it was mended at the server" if may_be_asked else ""
    return f"not before the settings change{also}"
