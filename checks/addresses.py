"""Which addresses are of the public Internet: what strangers publish leads us nowhere else (CWE-918)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

_UNICAST = IPv6Network("2000::/3")  # all that is allocated of IPv6 for the Internet (RFC 4291 2.4)

_SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network (RFC 791)"),
    ("10.0.0.0/8", "a private network (RFC 1918)"),
    ("100.64.0.0/10", "behind a carrier's NAT (RFC 6598)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("169.254.0.0/16", "link-local (RFC 3927)"),
    ("172.16.0.0/12", "a private network (RFC 1918)"),
    ("192.0.0.0/24", "for protocols (RFC 6890)"),
    ("192.0.2.0/24", "for documentation (RFC 5737)"),
    ("192.31.196.0/24", "AS112 (RFC 7535)"),
    ("192.52.193.0/24", "a multicast tunnel (RFC 7450)"),
    ("192.88.99.0/24", "a 6to4 relay (RFC 7526)"),
    ("192.168.0.0/16", "a private network (RFC 1918)"),
    ("192.175.48.0/24", "AS112 (RFC 7534)"),
    ("198.18.0.0/15", "for benchmarks (RFC 2544)"),
    ("198.51.100.0/24", "for documentation (RFC 5737)"),
    ("203.0.113.0/24", "for documentation (RFC 5737)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("240.0.0.0/4", "reserved (RFC 1112)"),
    ("::/128", "no address (RFC 4291)"),
    ("::1/128", "loopback (RFC 4291)"),
    ("::ffff:0:0/96", "an IPv4 address in disguise (RFC 4291 2.5.5)"),
    ("::/96", "an IPv4 address in disguise (RFC 4291 2.5.5)"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64 (RFC 6052)"),
    ("64:ff9b:1::/48", "an IPv4 address behind NAT64 (RFC 8215)"),
    ("100::/64", "the discard prefix (RFC 6666)"),
    ("2001::/32", "a Teredo tunnel (RFC 4380)"),
    ("2001::/23", "for protocols (RFC 2928)"),
    ("2001:db8::/32", "for documentation (RFC 3849)"),
    ("2002::/16", "a 6to4 tunnel (RFC 3056)"),
    ("2620:4f:8000::/48", "AS112 (RFC 7534)"),
    ("3fff::/20", "for documentation (RFC 9637)"),
    ("fc00::/7", "a private network (RFC 4193)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("fec0::/10", "site-local (RFC 3879)"),
    ("ff00::/8", "multicast (RFC 4291)"),
)  # fmt: skip
_NETWORKS = tuple((ip_network(text), why) for text, why in _SPECIAL)


def why_not_public(ip: Address) -> str:
    """What an address is instead of one of the public Internet; empty for a public one.

    `ipaddress.is_global` is not asked: to Python 3.11 multicast, NAT64 and 6to4 of 127.0.0.1 are global. An
    IPv4 address inside an IPv6 one is none whatever it is: no server is published so.
    """
    for network, why in _NETWORKS:
        if ip in network:
            return why
    return "" if ip.version == 4 or ip in _UNICAST else "not allocated (RFC 4291 2.4)"
