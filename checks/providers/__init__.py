"""Who runs a domain's mail, and which domains everybody shares."""

from checks.providers.shared import is_shared
from checks.providers.table import Kind, Provider, provider, provider_of, read

__all__ = ["Kind", "Provider", "is_shared", "provider", "provider_of", "read"]
