"""Who runs a domain's mail, and which domains everybody shares."""

from checks.providers.shared import is_shared
from checks.providers.table import (
    Kind,
    MailProvider,
    Provider,
    Table,
    built_in,
    mail_provider,
    provider,
    provider_of,
    read,
)

__all__ = [
    "Kind",
    "MailProvider",
    "Provider",
    "Table",
    "built_in",
    "is_shared",
    "mail_provider",
    "provider",
    "provider_of",
    "read",
]
