"""What logins are made with, from the settings."""

from __future__ import annotations

from checks.commands_smtp import context_by, ehlo_name
from checks.smtp import tls
from checks.smtp.guard import Guard
from data.commands import Settings
from data.secrets import KEY_FILE, Secrets
from data.worker.one_login import LoginSetup


def login_setup(settings: Settings) -> LoginSetup:
    """For a process that makes logins: it also takes smaller buffers for TLS from here on. `Stop(2)` where the file of
    authorities cannot be used."""
    tls.small_read_buffers()
    return LoginSetup(
        secrets=Secrets(settings.secret_keys, settings.var / KEY_FILE),
        ehlo_name=ehlo_name(settings),
        guard=Guard(settings.smtp_allow),
        context=context_by(settings),
    )
