"""The made-up platform that the demo's companies send through."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from checks.platform import Platform

DOMAIN = "invoices.example"
INCLUDE = "spf.invoices.example"
IP4 = IPv4Address("192.0.2.25")
IP6 = IPv6Address("2001:db8:25::25")
RECORD = "v=spf1 ip4:192.0.2.0/26 ip6:2001:db8:25::/48 -all"

PLATFORM = Platform(include=INCLUDE, sending_addresses=(IP4, IP6), domain=DOMAIN)
