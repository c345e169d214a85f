"""Which servers to ask."""

from pathlib import Path

import dns.resolver
import pytest

from checks.resolver import LiveResolver, Nameserver, NoNameservers
from checks.resolver.servers import named_or_systems, parse


@pytest.mark.parametrize(
    ("text", "server", "shown"),
    [
        ("192.0.2.53", Nameserver("192.0.2.53", 53), "192.0.2.53"),
        (" 127.0.0.1:5301 ", Nameserver("127.0.0.1", 5301), "127.0.0.1:5301"),
        ("2001:DB8::53", Nameserver("2001:db8::53", 53), "2001:db8::53"),
        ("[2001:db8::53]", Nameserver("2001:db8::53", 53), "2001:db8::53"),
        ("[2001:db8::53]:5353", Nameserver("2001:db8::53", 5353), "[2001:db8::53]:5353"),
        ("fe80::1%eth0", Nameserver("fe80::1%eth0", 53), "fe80::1%eth0"),
        (
            "tls://dns.example@192.0.2.53",
            Nameserver("192.0.2.53", 853, "dns.example"),
            "tls://dns.example@192.0.2.53",
        ),
        (
            "tls://dns.example@[2001:db8::53]:8853",
            Nameserver("2001:db8::53", 8853, "dns.example"),
            "tls://dns.example@[2001:db8::53]:8853",
        ),
    ],
)
def test_a_server_is_an_address_and_perhaps_a_port(text: str, server: Nameserver, shown: str) -> None:
    assert parse(text) == server
    assert str(server) == shown
    assert parse(shown) == server


@pytest.mark.parametrize(
    "text",
    [
        *["", "dns.google", "192.0.2", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:x"],
        *[
            "192.0.2.53:-1",
            "192.0.2.53:٥٣",
            "[192.0.2.53]:53",
            "[2001:db8::53",
            "[2001:db8::53]x",
            "[2001:db8::53]:",
        ],
        *["192.0.2.53:" + "9" * 5000, "https://192.0.2.53/", "::1::", "192.0.2.53,192.0.2.54"],
        *["tls://192.0.2.53", "tls://@192.0.2.53", "tls://dns.example", "dns.example@192.0.2.53"],
    ],
)
def test_what_is_no_server_is_told_with_how_to_write_one(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not an IP address.*write it as 192\.0\.2\.53, .*\[2001:db8::53\]:5353"
    ):
        parse(text)


def test_a_server_named_twice_is_asked_once() -> None:
    assert named_or_systems(["127.0.0.1", "127.0.0.1:53"]) == (Nameserver("127.0.0.1"),)


def test_one_text_in_place_of_a_list_is_told() -> None:
    with pytest.raises(ValueError, match="must be a list"):
        LiveResolver(nameservers="127.0.0.1")


def _use(monkeypatch: pytest.MonkeyPatch, resolv_conf: Path) -> None:
    """Have dnspython read this file for the system's."""
    system = dns.resolver.Resolver
    monkeypatch.setattr(dns.resolver, "Resolver", lambda: system(filename=str(resolv_conf)))


def test_without_servers_the_systems_are_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("search example.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n")
    _use(monkeypatch, resolv_conf)
    assert named_or_systems(None) == (Nameserver("192.0.2.53"), Nameserver("2001:db8::53"))


@pytest.mark.parametrize("resolv_conf", [None, "", "search example.com\n"])
def test_a_system_without_servers_is_told_with_the_mend(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, resolv_conf: str | None
) -> None:
    path = tmp_path / "resolv.conf"
    if resolv_conf is not None:
        path.write_text(resolv_conf)
    _use(monkeypatch, path)
    with pytest.raises(NoNameservers, match="SENDWELL_NAMESERVERS=192"):
        LiveResolver(nameservers=[])


@pytest.mark.parametrize(
    ("timeout", "attempts", "in_flight", "rate"),
    [(0.0, 4, 200, None), (2.0, 0, 200, None), (2.0, 4, 0, None), (2.0, 4, 1, -1)],
)
def test_limits_that_allow_nothing_are_told(
    timeout: float, attempts: int, in_flight: int, rate: int | None
) -> None:
    with pytest.raises(ValueError, match="above 0 seconds"):
        LiveResolver(["127.0.0.1"], timeout, attempts, in_flight=in_flight, queries_per_second=rate)


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("fe80::1%eth0", True),
        ("9.9.9.9", False),
        ("2620:fe::fe", False),
    ],
)
def test_a_server_is_private_or_public(address: str, private: bool) -> None:
    assert Nameserver(address).is_private is private
