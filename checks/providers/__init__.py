"""Who runs a domain's mail, and which domains everybody shares."""

from checks.providers.shared import is_shared
from checks.providers.table import (
    HasExchange,
    Kind,
    MailProvider,
    Provider,
    Secret,
    Submission,
    Table,
    Username,
    address_provider,
    built_in,
    mail_provider,
    provider,
    provider_of,
    provider_of_server,
    read,
    server_provider,
)

__all__ = [
    "HasExchange",
    "Kind",
    "MailProvider",
    "Provider",
    "Secret",
    "Submission",
    "Table",
    "Username",
    "address_provider",
    "built_in",
    "is_shared",
    "mail_provider",
    "provider",
    "provider_of",
    "provider_of_server",
    "read",
    "server_provider",
]
