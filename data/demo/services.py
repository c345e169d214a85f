"""Who else stands in SPF and MX records: mail providers and services, made up but for those whose domains
everybody shares. Only the demo's own name server ever answers for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """A mail provider. `mx`: `PREFERENCE NAME`; `<flat>` is the customer's domain with hyphens for dots."""

    domain: str
    spf: str
    spf_record: str
    mx: tuple[str, ...]
    weight: int

    @property
    def made_up(self) -> bool:
        return self.domain.endswith(".example")


def _made_up(domain: str, network: int, weight: int) -> Provider:
    record = f"v=spf1 ip4:198.51.100.{network}/28 ip6:2001:db8:{network}::/48 -all"
    return Provider(domain, f"spf.{domain}", record, (f"10 mx1.{domain}", f"20 mx2.{domain}"), weight)


PROVIDERS = (
    _made_up("webvolk.example", 16, 22),
    _made_up("hebergo.example", 32, 14),
    _made_up("mailkontor.example", 48, 10),
    _made_up("cloudhuys.example", 64, 10),
    _made_up("postbord.example", 80, 6),
    Provider(
        "outlook.com",
        "spf.protection.outlook.com",
        "v=spf1 ip4:198.51.100.96/28 ip6:2001:db8:96::/48 -all",
        ("0 <flat>.mail.protection.outlook.com",),
        24,
    ),
    Provider(
        "google.com",
        "_spf.google.com",
        "v=spf1 ip4:198.51.100.112/28 ip6:2001:db8:112::/48 ~all",
        ("1 aspmx.l.google.com", "5 alt1.aspmx.l.google.com"),
        14,
    ),
)

MANY_SERVICES = tuple(
    f"spf.{name}.example"
    for name in (
        *("nieuwspost", "kassalink", "ticketdesk", "factomail", "reviewly", "campagnon"),
        *("shopwijs", "crmhuis", "alertbox", "planwerk", "sondage", "docstroom"),
    )
)
GONE_SERVICE = "spf.mailvroeger.example"
"""A service that stopped: its name is NXDOMAIN."""
BROKEN_SERVICE = "spf.stukmail.example"
"""A service whose name servers answer SERVFAIL."""
