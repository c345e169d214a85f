"""Has it arrived? Asked of real servers: NSD as the registry's, as the old and the new ones, and as lame ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace

import pytest

from checks.lookup import FailureReason, Record, RecordType, ZoneResolver, txt
from checks.resolver.propagation import (
    RULES,
    Arrival,
    Limits,
    PublicResolver,
    State,
    Trouble,
    Wanted,
    dmarc,
    gather,
    judge,
    mx,
    public_resolver,
    sentence,
    spf,
)
from tests.support.delegated import LOOPBACK, TOP, Domain, world
from tests.support.dns_server import SOA_MINIMUM, DnsServer, serving
from tests.support.nsd import NSD
from tests.support.zone import zone

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(NSD is None, reason="NSD is not installed (Debian, Ubuntu: apt install nsd)"),
]

NEW_RECORD, OLD_RECORD = "v=spf1 include:spf.sendwell.example -all", "v=spf1 mx -all"
NEW, OLD = f'@ 300 TXT "{NEW_RECORD}"', f'@ 300 TXT "{OLD_RECORD}"'
OTHERS = '@ 300 TXT "site-verification={}"\n'
SCRIPTED = {
    "127.0.0.21": "silent",
    "127.0.0.22": "referral",
    "127.0.0.23": "referral to itself",
    "127.0.0.24": "servfail",
    "127.0.0.25": "garbage",
}


def three(one: str | None, two: str | None, last: str | None) -> dict[str, str | None]:
    return {"ns1": one, "ns2": two, "ns3": last}


def beside(name: str, address: str) -> str:
    return f"{name}. 900 A {address}\n"


def misbehaving(address: str) -> Domain:
    """A domain whose only server is a scripted one."""
    host = f"ns.s{address[-2:]}.test"
    return Domain(to=[host], glue=beside(host, address))


DOMAINS = {
    "new.test": Domain(three(NEW, NEW, NEW)),
    "old.test": Domain(three(NEW, NEW, OLD), serials={"ns3": 1}),
    "nowhere.test": Domain(three(OLD, OLD, "")),
    "both.test": Domain({"ns1": f"{NEW}\n{OLD}", "ns2": f"{OLD}\n{NEW}"}),
    "lame.test": Domain({"ns1": NEW, "ns2": NEW}, to=["ns1", "ns2", "ns3"], own=["ns1", "ns2", "ns3"]),
    "broken.test": Domain(three(NEW, NEW, None)),
    "mute.test": Domain(
        {"ns1": NEW, "ns2": NEW},
        to=["ns1", "ns2", "ns.s21.test"],
        own=["ns1", "ns2", "ns.s21.test"],
        glue=beside("ns.s21.test", "127.0.0.21"),
    ),
    "moved.test": Domain(three(OLD, NEW, NEW), to=["ns1", "ns2"], own=["ns2", "ns3"]),
    "others.test": Domain({"ns1": NEW + "\n" + OTHERS.format(1), "ns2": OTHERS.format(2) + NEW}),
    "large.test": Domain({"ns1": NEW + "\n" + "".join(OTHERS.format(f"{n:0200}") for n in range(20))}),
    "mail.test": Domain({"ns1": "@ 300 MX 10 mx.mail.test.", "ns2": "@ 300 MX 10 mx.mail.test."}),
    "alias.test": Domain(
        {"ns1": "_dmarc 60 CNAME acme.vendor.test.", "ns2": "_dmarc 60 CNAME acme.vendor.test."}
    ),
    "vendor.test": Domain({"ns5": 'acme 300 TXT "v=DMARC1; p=none"\nloop 60 CNAME _dmarc.loop.test.'}),
    "split.test": Domain(
        {"ns1": "_dmarc 60 CNAME acme.vendor.test.", "ns2": "_dmarc 60 CNAME gone.vendor.test."},
        serials={"ns2": 1},
    ),
    "loop.test": Domain({"ns1": "_dmarc 60 CNAME loop.vendor.test."}),
    "sub.test": Domain({"ns1": f"deep 300 NS {'ns2.combell.test.'}"}),
    "deep.sub.test": Domain({"ns2": NEW}),
    "same.test": Domain({"ns1": f"deep 300 NS {'ns1.combell.test.'}"}),
    "deep.same.test": Domain({"ns1": NEW}),
    "hostile.test": Domain(
        to=["ns.h1.test", "ns.h2.test", "ns.h3.test", "ns.h4.test"],
        glue=beside("ns.h1.test", "10.0.0.1")
        + beside("ns.h2.test", "169.254.169.254")
        + "ns.h3.test. 900 AAAA ::ffff:10.0.0.1\nns.h4.test. 900 AAAA 2002:a00:1::1\n",
    ),
    "many.test": Domain(
        to=[f"ns{number}.many.test" for number in range(100)],
        glue="".join(beside(f"ns{number}.many.test", "127.0.0.21") for number in range(100)),
    ),
    "gone.test": Domain(to=["ns.nobody.test"]),
    "six.test": Domain(
        {"ns1": NEW}, to=["ns1", "ns.six.test"], own=["ns1"], glue="ns.six.test. 900 AAAA ::1\n"
    ),
} | {f"s{address[-2:]}.test": misbehaving(address) for address in SCRIPTED}


@pytest.fixture(scope="module")
def small_internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limits]:
    """How to reach it."""
    with ExitStack() as stack:
        ports = stack.enter_context(world(tmp_path_factory.mktemp("world"), DOMAINS))
        for address, behaviour in SCRIPTED.items():
            server = stack.enter_context(serving(DnsServer({}, {"*": behaviour}, host=address)))
            ports[address] = int(server.address.rpartition(":")[2])
        yield Limits(allow=LOOPBACK, ports=ports, timeout=0.3, attempts=2, patience=5, samples=1)


async def arrival(
    wanted: Wanted,
    limits: Limits,
    *public: tuple[str, DnsServer],
    resolver: ZoneResolver = TOP,
) -> Arrival:
    """What is told, with scripted servers as the public resolvers."""
    async with AsyncExitStack() as stack:
        asked: list[PublicResolver] = []
        for name, server in public:
            await stack.enter_async_context(server)
            asked.append(public_resolver(f"{name}={server.address}"))
        return judge(await gather(wanted, resolver, asked, limits))


def codes(told: Arrival) -> dict[str, str]:
    """Each rule that was raised, and about whom."""
    return {finding.rule: finding.about for finding in told.findings}


def evidence(told: Arrival, rule: str) -> list[tuple[str, str]]:
    return [(e.expected, e.found) for f in told.findings if f.rule == rule for e in f.evidence]


def holding(*records: Record, name: str = "old.test", ttl: int = 300, behaviour: str = "answer") -> DnsServer:
    """A public resolver that holds these TXT records, and knows who serves the zone."""
    servers: list[Record] = ["ns1.combell.test", "ns2.combell.test", "ns3.combell.test"]
    held = {(name, RecordType.TXT): list(records), (name, RecordType.NS): servers}
    return DnsServer(held, {"*": behaviour}, ttl=ttl)


# Where it stands


async def test_a_record_on_all_servers_has_arrived(small_internet: Limits) -> None:
    told = await arrival(spf("new.test", NEW_RECORD), small_internet)
    assert (told.state, told.findings) == (State.EVERYWHERE, ())
    assert sentence(told) == "The new SPF record of new.test is published on all 3 servers of combell.test."
    assert {a.serial for one in told.servers for a in one.server.addresses} == {2}


async def test_one_server_that_is_behind_is_named_with_both_serials(small_internet: Limits) -> None:
    google = holding(txt(OLD_RECORD), ttl=2571)
    told = await arrival(spf("old.test", NEW_RECORD), small_internet, ("Google", google))
    assert told.state is State.SOME
    assert sentence(told) == (
        "The new SPF record of old.test is published on 2 of 3 servers of combell.test; Google sees it in at most "
        "43 minutes, or fetches the other answer again; ns3.combell.test holds another record."
    )
    assert codes(told)["DNS_SERVER_DIFFERS"] == "ns3.combell.test"
    assert evidence(told, "DNS_SERVER_DIFFERS") == [(f"{NEW_RECORD} (serial 2)", f"{OLD_RECORD} (serial 1)")]


async def test_without_an_expected_record_the_newest_by_serial_counts(small_internet: Limits) -> None:
    told = await arrival(spf("old.test"), small_internet)
    assert (told.state, told.sought) == (State.SOME, (NEW_RECORD,))


async def test_records_of_other_standards_may_differ(small_internet: Limits) -> None:
    assert (await arrival(spf("others.test"), small_internet)).state is State.EVERYWHERE
    everything = Wanted("others.test")
    assert (await arrival(everything, small_internet)).state is State.SOME


async def test_a_record_that_no_server_has_is_nowhere(small_internet: Limits) -> None:
    told = await arrival(spf("nowhere.test", NEW_RECORD), small_internet)
    assert (told.state, codes(told)) == (State.NOWHERE, {"DNS_RECORD_NOWHERE": "nowhere.test"})
    assert sentence(told) == (
        "The new SPF record of nowhere.test is published on none of the 3 servers of combell.test."
    )
    assert evidence(told, "DNS_RECORD_NOWHERE") == [(NEW_RECORD, "no such record"), (NEW_RECORD, OLD_RECORD)]


async def test_the_old_record_beside_the_new_one_is_told(small_internet: Limits) -> None:
    told = await arrival(spf("both.test", NEW_RECORD), small_internet)
    assert told.state is State.EVERYWHERE
    assert "another record of its kind still stands beside it" in sentence(told)
    assert evidence(told, "DNS_OLD_RECORD_BESIDE")[0] == (NEW_RECORD, f"{NEW_RECORD} and {OLD_RECORD}")


async def test_mail_servers_can_be_awaited_too(small_internet: Limits) -> None:
    assert (await arrival(mx("mail.test", "10 mx.mail.test"), small_internet)).state is State.EVERYWHERE
    assert (await arrival(mx("mail.test", "20 mx.mail.test"), small_internet)).state is State.NOWHERE


async def test_an_answer_that_does_not_fit_comes_over_tcp(small_internet: Limits) -> None:
    told = await arrival(spf("large.test", NEW_RECORD), small_internet)
    assert told.state is State.EVERYWHERE


# Servers that do not tell


@pytest.mark.parametrize(
    ("domain", "server", "trouble", "rule"),
    [
        ("mute.test", "ns.s21.test", Trouble.SILENT, "DNS_SERVER_FAILS"),
        ("lame.test", "ns3.combell.test", Trouble.REFUSED, "DNS_SERVER_LAME"),
        ("broken.test", "ns3.combell.test", Trouble.SERVFAIL, "DNS_SERVER_FAILS"),
    ],
)
async def test_a_server_that_gives_no_answer_is_not_told_as_not_published(
    small_internet: Limits, domain: str, server: str, trouble: Trouble, rule: str
) -> None:
    told = await arrival(spf(domain, NEW_RECORD), small_internet)
    assert told.state is State.SOME
    assert {one.server.name: (one.has, one.trouble) for one in told.servers if not one.has} == {
        server: (None, trouble)
    }
    assert codes(told) == {rule: server}
    assert sentence(told).endswith(f"; {server} {trouble}.")
    assert "published on 2 of 3 servers of" in sentence(told)


@pytest.mark.parametrize(
    ("domain", "trouble", "rule"),
    [
        ("s21.test", Trouble.SILENT, "DNS_SERVER_FAILS"),
        ("s22.test", Trouble.NOT_AUTHORITATIVE, "DNS_SERVER_LAME"),
        ("s23.test", Trouble.NOT_AUTHORITATIVE, "DNS_SERVER_LAME"),
        ("s24.test", Trouble.SERVFAIL, "DNS_SERVER_FAILS"),
        ("s25.test", Trouble.MALFORMED, "DNS_SERVER_FAILS"),
    ],
)
async def test_when_no_server_answers_nothing_is_known(
    small_internet: Limits, domain: str, trouble: Trouble, rule: str
) -> None:
    """Among them a server that refers to the root, and one that refers to itself for ever."""
    told = await arrival(spf(domain, NEW_RECORD), small_internet)
    assert (told.state, told.servers[0].trouble) == (State.UNKNOWN, trouble)
    assert codes(told) == {rule: f"ns.{domain}"}
    assert sentence(told).startswith("Whether the new SPF record of")
    assert "not published" not in sentence(told)


async def test_a_server_without_an_address_is_told(small_internet: Limits) -> None:
    told = await arrival(spf("gone.test"), small_internet)
    assert (told.state, codes(told)) == (State.UNKNOWN, {"DNS_SERVER_WITHOUT_ADDRESS": "ns.nobody.test"})


async def test_an_address_that_could_not_be_looked_up_is_unknown(small_internet: Limits) -> None:
    dark = zone("test NS ns.registry.test\n ns.registry.test A 127.0.0.10\n ns.nobody.test * !SERVFAIL")
    told = await arrival(spf("gone.test"), small_internet, resolver=dark)
    assert codes(told) == {"DNS_SERVER_FAILS": "ns.nobody.test"}


async def test_ipv6_that_is_not_there_is_told_once_and_blamed_on_nobody(small_internet: Limits) -> None:
    """Nobody listens on ::1, which is what a machine without IPv6 looks like."""
    told = await arrival(spf("six.test", NEW_RECORD), small_internet)
    assert {"DNS_NO_IPV6_HERE", "DNS_DELEGATION_DIFFERS"} == set(codes(told))


# The delegation


async def test_servers_that_only_one_side_names_are_asked_and_the_difference_is_told(
    small_internet: Limits,
) -> None:
    told = await arrival(spf("moved.test", NEW_RECORD), small_internet)
    assert {one.server.name.partition(".")[0]: one.has for one in told.servers} == {
        "ns1": False,
        "ns2": True,
        "ns3": True,
    }
    ((parents, own),) = evidence(told, "DNS_DELEGATION_DIFFERS")
    assert parents == "ns1.combell.test, ns2.combell.test"
    assert "ns3.combell.test" in own
    assert told.stage is not None
    assert (told.stage.cut.parent, told.stage.cut.told_by) == ("test", "127.0.0.10")


async def test_a_zone_below_is_followed_to_its_own_servers(small_internet: Limits) -> None:
    told = await arrival(spf("deep.sub.test", NEW_RECORD), small_internet)
    assert told.stage is not None
    assert (told.state, told.stage.cut.zone, told.stage.cut.parent) == (
        State.EVERYWHERE,
        "deep.sub.test",
        "sub.test",
    )
    assert [one.server.name for one in told.servers] == ["ns2.combell.test"]


async def test_a_zone_on_the_servers_of_its_parent_is_found_all_the_same(small_internet: Limits) -> None:
    told = await arrival(spf("deep.same.test", NEW_RECORD), small_internet)
    assert told.stage is not None
    assert (told.state, told.stage.cut.zone, told.stage.cut.hidden) == (
        State.EVERYWHERE,
        "deep.same.test",
        True,
    )


async def test_a_domain_that_its_parent_does_not_know_exists_for_nobody(small_internet: Limits) -> None:
    told = await arrival(spf("unheard.test", NEW_RECORD), small_internet)
    assert (told.state, codes(told)) == (State.NOWHERE, {"DNS_NOT_DELEGATED": "unheard.test"})
    assert sentence(told) == (
        "The new SPF record of unheard.test cannot be seen by anybody: test does not know the domain unheard.test."
    )


async def test_when_the_top_cannot_be_asked_the_resolvers_own_word_is_taken(small_internet: Limits) -> None:
    closed = zone("new.test NS ns1.combell.test\n ns1.combell.test A 127.0.0.11")
    told = await arrival(spf("new.test", NEW_RECORD), small_internet, resolver=closed)
    assert "DNS_PARENT_UNSEEN" in codes(told)
    assert told.servers[0].has


async def test_when_nothing_can_be_looked_up_all_is_unknown(small_internet: Limits) -> None:
    dark = ZoneResolver({}, {"test": FailureReason.TIMEOUT, "new.test": FailureReason.TIMEOUT})
    told = await arrival(spf("new.test", NEW_RECORD), small_internet, resolver=dark)
    assert (told.state, codes(told)) == (State.UNKNOWN, {"DNS_ZONE_UNKNOWN": "new.test"})
    assert sentence(told) == (
        "Whether the new SPF record of new.test is published is not known: its zone could not be found."
    )


# Aliases


async def test_an_alias_is_followed_to_the_servers_of_its_target(small_internet: Limits) -> None:
    told = await arrival(dmarc("alias.test", "v=DMARC1; p=none"), small_internet)
    assert (told.state, [stage.name for stage in told.facts.stages]) == (
        State.EVERYWHERE,
        ["_dmarc.alias.test", "acme.vendor.test"],
    )
    assert sentence(told) == (
        "The new DMARC record of alias.test is published on the one server of other.test."
    )


async def test_servers_that_disagree_on_an_alias_differ(small_internet: Limits) -> None:
    told = await arrival(dmarc("split.test"), small_internet)
    assert (told.state, len(told.facts.stages)) == (State.SOME, 1)
    assert evidence(told, "DNS_SERVER_DIFFERS") == [
        ("CNAME acme.vendor.test (serial 2)", "CNAME gone.vendor.test (serial 1)")
    ]


async def test_aliases_in_a_circle_end(small_internet: Limits) -> None:
    told = await arrival(dmarc("loop.test"), small_internet)
    assert (told.state, codes(told)) == (State.NOWHERE, {"DNS_ALIAS_WITHOUT_END": "_dmarc.loop.test"})
    assert "lead in a circle" in sentence(told)


async def test_too_many_aliases_end(small_internet: Limits) -> None:
    told = await arrival(dmarc("alias.test"), replace(small_internet, aliases=0))
    assert codes(told) == {"DNS_ALIAS_WITHOUT_END": "_dmarc.alias.test"}


# What the public resolvers hold


async def test_the_wait_is_that_of_the_old_answer_that_lasts_longest(small_internet: Limits) -> None:
    told = await arrival(
        spf("new.test", NEW_RECORD),
        small_internet,
        ("Google", holding(txt(OLD_RECORD), name="new.test", ttl=2571)),
        ("Cloudflare", holding(txt(NEW_RECORD), name="new.test")),
        ("Quad9", holding(txt(NEW_RECORD), name="new.test")),
        ("Slow", holding(txt(OLD_RECORD), name="new.test", ttl=7201)),
    )
    assert (told.state, told.seconds) == (State.EVERYWHERE, 7201)
    assert sentence(told) == (
        "The new SPF record of new.test is published on all 3 servers of combell.test; Slow sees it in at most "
        "3 hours; Google sees it in at most 43 minutes; Cloudflare and Quad9 see it."
    )
    assert evidence(told, "DNS_RESOLVER_HOLDS_ANOTHER") == [
        (NEW_RECORD, f"{OLD_RECORD} (for at most 2571 seconds)"),
        (NEW_RECORD, f"{OLD_RECORD} (for at most 7201 seconds)"),
    ]
    assert set(codes(told)) == {"DNS_RESOLVER_HOLDS_ANOTHER"}


async def test_a_cached_no_expires_with_its_soa(small_internet: Limits) -> None:
    told = await arrival(spf("new.test", NEW_RECORD), small_internet, ("Google", holding(name="new.test")))
    (google,) = told.resolvers
    assert (google.has, google.seconds) == (False, SOA_MINIMUM)


async def test_a_cached_no_without_a_soa_has_no_time(small_internet: Limits) -> None:
    google = holding(name="new.test", behaviour="nothing, without soa")
    told = await arrival(spf("new.test", NEW_RECORD), small_internet, ("Google", google))
    assert (told.resolvers[0].has, told.seconds) == (False, None)
    assert sentence(told).endswith("; Google does not see it yet.")


@pytest.mark.parametrize(
    ("behaviour", "trouble"),
    [("servfail", Trouble.SERVFAIL), ("silent", Trouble.SILENT), ("refused", Trouble.REFUSED)],
)
async def test_a_resolver_that_fails_is_unknown(
    small_internet: Limits, behaviour: str, trouble: Trouble
) -> None:
    failing = holding(name="new.test", behaviour=behaviour)
    told = await arrival(spf("new.test", NEW_RECORD), small_internet, ("Quad9", failing))
    assert (told.resolvers[0].has, told.resolvers[0].trouble) == (None, trouble)
    assert codes(told) == {"DNS_RESOLVER_FAILS": "Quad9"}


async def test_a_resolver_that_knows_the_servers_of_before_the_move_may_fetch_the_old_record_again(
    small_internet: Limits,
) -> None:
    held: dict[tuple[str, RecordType], list[Record]] = {
        ("new.test", RecordType.TXT): [txt(OLD_RECORD)],
        ("new.test", RecordType.NS): ["ns.former.test"],
    }
    told = await arrival(spf("new.test", NEW_RECORD), small_internet, ("Google", DnsServer(held, ttl=900)))
    assert evidence(told, "DNS_RESOLVER_ASKS_FORMER_SERVERS") == [("the servers of now", "ns.former.test")]
    assert "Google sees it in at most 15 minutes, or fetches the other answer again" in sentence(told)


async def test_an_alias_in_a_cache_counts_until_its_last_part_expires(small_internet: Limits) -> None:
    held: dict[tuple[str, RecordType], list[Record]] = {
        ("_dmarc.alias.test", RecordType.CNAME): ["acme.vendor.test"],
        ("acme.vendor.test", RecordType.TXT): [txt("v=DMARC1; p=reject")],
    }
    told = await arrival(dmarc("alias.test"), small_internet, ("Google", DnsServer(held, ttl=77)))
    assert (told.state, told.resolvers[0].has, told.seconds) == (State.EVERYWHERE, False, 77)


async def test_each_resolver_is_asked_as_often_as_it_should(small_internet: Limits) -> None:
    google = holding(txt(NEW_RECORD), name="new.test")
    await arrival(spf("new.test"), replace(small_internet, samples=3), ("Google", google))
    assert [asked.type for asked in google.asked].count("TXT") == 3
    assert all(asked.query.flags & 0x0100 for asked in google.asked)  # recursion is desired of these


# Hostile delegations


async def test_addresses_in_private_networks_are_not_asked(small_internet: Limits) -> None:
    told = await arrival(spf("hostile.test", NEW_RECORD), small_internet)
    assert told.state is State.UNKNOWN
    assert {one.trouble for one in told.servers} == {Trouble.NOT_ASKED}
    assert {finding.rule for finding in told.findings} == {"DNS_SERVER_NOT_ASKED"}


async def test_by_default_loopback_is_not_asked_either(small_internet: Limits) -> None:
    told = await arrival(spf("new.test"), replace(small_internet, allow=()))
    assert told.state is State.UNKNOWN


async def test_a_hundred_servers_are_not_all_asked_and_one_address_is_asked_once(
    small_internet: Limits,
) -> None:
    started = time.monotonic()
    told = await arrival(spf("many.test"), small_internet)
    assert len(told.servers) == small_internet.servers
    assert evidence(told, "DNS_NOT_ALL_ASKED") == [("to ask all", "84 not asked")]
    assert time.monotonic() - started < 3


async def test_patience_bounds_everything(small_internet: Limits) -> None:
    started = time.monotonic()
    impatient = replace(small_internet, timeout=5, attempts=9, patience=0.5)
    told = await arrival(spf("mute.test"), impatient, ("Google", holding(behaviour="silent")))
    assert time.monotonic() - started < 2
    assert told.state in (State.SOME, State.UNKNOWN)


# All the rules


def test_every_rule_is_raised_by_a_domain(small_internet: Limits) -> None:
    """The catalogue's own test judges companies; these rules stand in no company's verdict."""

    places = asyncio.Semaphore(6)

    async def of(domain: str) -> set[str]:
        async with places:
            google = holding(txt("v=spf1 a"), name=domain)
            told = await asyncio.gather(
                arrival(spf(domain, NEW_RECORD), small_internet, ("Google", google)),
                arrival(dmarc(domain), small_internet, ("Google", DnsServer({}, {"*": "servfail"}))),
            )
        return {finding.rule for one in told for finding in one.findings}

    async def raised() -> set[str]:
        return set().union(*await asyncio.gather(*(of(domain) for domain in (*DOMAINS, "unheard.test"))))

    closed = {"DNS_PARENT_UNSEEN", "DNS_ZONE_UNKNOWN"}  # their own tests are above
    assert asyncio.run(raised()) | closed == {rule.code for rule in RULES}
