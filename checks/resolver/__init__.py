"""The live resolver: what the DNS says now, asked over the network."""

from checks.resolver.live import LiveResolver
from checks.resolver.servers import Nameserver, NoNameservers

__all__ = ["LiveResolver", "Nameserver", "NoNameservers"]
