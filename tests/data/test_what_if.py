"""What if some SPF records changed: who loses, gains, goes over budget. From the store, without a packet."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, StaticPool, create_engine, event, update

from checks.company import Company, SendingMethod, SpfState
from checks.lookup import Record, RecordType, ZoneResolver, txt
from checks.model import Finding
from checks.platform import PLATFORM, TENANT, Platform
from data.engine import open_engine, writing
from data.schema import Base, CompanyRow, VerdictRow
from data.what_if import Change, Group, NothingStored, Proposal, Report, run
from tests.support.stored_fleet import Notebook, store

FOUR, SIX = ip_address("192.0.2.1"), ip_address("2001:db8::1")
US = Platform("spf.ours.example", (FOUR, SIX), domain="ours.example")
INCLUDE = "v=spf1 include:spf.ours.example -all"
MORNING = datetime(2026, 3, 2, tzinfo=UTC)
NOW = "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"

Texts = Mapping[str, str]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    yield engine
    engine.dispose()


def at(domain: str, id: str = "", method: SendingMethod = SendingMethod.OWN_ADDRESS) -> Company:
    """A company at this domain; its id is the domain's if none is given."""
    return Company(id or domain, f"Name of {id or domain}", method, f"info@{domain}", email_validated=True)


def zone(texts: Texts, more: Mapping[tuple[str, RecordType], Sequence[Record]] | None = None) -> ZoneResolver:
    ours = {"spf.ours.example": NOW, "ours.example": INCLUDE}
    records: dict[tuple[str, RecordType], Sequence[Record]] = {
        (name, RecordType.TXT): [txt(record)] for name, record in (ours | dict(texts)).items()
    }
    return ZoneResolver(records | dict(more or {}))


def fill(engine: Engine, facts: ZoneResolver, companies: Sequence[Company], us: Platform = US) -> None:
    with writing(engine) as session:
        asyncio.run(store(session, companies, us, Notebook(facts)))


def fleet(engine: Engine, texts: Texts, companies: Sequence[Company] = ()) -> None:
    """Companies at these domains, or those given."""
    fill(engine, zone(texts), companies or [at(name) for name in texts if "ours" not in name])


def ask(
    engine: Engine, records: Texts, us: Platform = US, addresses: Sequence[str] = (), skip: bool = True
) -> Report:
    proposal = Proposal(
        {name: (record.encode(),) for name, record in records.items()}, tuple(map(ip_address, addresses))
    )
    return asyncio.run(run(engine, us, proposal, skip=skip))


def include(record: str) -> Texts:
    return {"spf.ours.example": record}


def reason(change: Change) -> Finding:
    assert change.difference.reason is not None
    return change.difference.reason


def ids(report: Report, group: Group) -> list[str]:
    return [change.company_id for change in report.of(group)]


# Who loses, gains, goes over budget


def test_who_loses_is_told_with_before_after_and_the_reason(engine: Engine) -> None:
    own = "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"
    fleet(engine, {"a.example": INCLUDE, "own.example": own, "none.example": "v=spf1 -all"})
    report = ask(engine, include("v=spf1 ip4:198.51.100.0/24 -all"))
    (lost,) = report.of(Group.LOSES)
    assert (lost.company_id, lost.name, lost.domain) == ("a.example", "Name of a.example", "a.example")
    assert (lost.difference.before.spf, lost.difference.after.spf) == (
        SpfState.EFFECTIVE,
        SpfState.INEFFECTIVE,
    )
    assert reason(lost).rule == "SPF_INCLUDE_LACKS_ADDRESS"
    assert reason(lost).evidence[0].expected == "192.0.2.1 in the record of spf.ours.example"
    assert report.somebody_loses
    assert (report.companies, report.judged) == (3, 1)


def test_a_record_that_does_not_parse_loses_everybody_who_gets_there(engine: Engine) -> None:
    fleet(
        engine,
        {
            "a.example": INCLUDE,
            "before.example": f"{NOW[:-5]} include:spf.ours.example -all",
            "b.example": "v=spf1 redirect=spf.ours.example",
        },
    )
    report = ask(engine, include("v=spf1 ipv4:192.0.2.0/24 -all"))
    assert ids(report, Group.LOSES) == ["a.example", "b.example"]
    assert {reason(c).rule for c in report.of(Group.LOSES)} == {"SPF_SYNTAX_ERROR"}


def test_who_gains_is_told(engine: Engine) -> None:
    us = replace(US, sending_addresses=(*US.sending_addresses, ip_address("203.0.113.9")))
    fill(engine, zone({"a.example": INCLUDE}), [at("a.example")], us)
    report = ask(engine, include(f"{NOW[:-5]} ip4:203.0.113.0/24 -all"), us)
    assert ids(report, Group.GAINS) == ["a.example"]
    assert ids(report, Group.LOSES) == []
    assert not report.somebody_loses


def test_one_more_look_up_goes_over_budget_for_us_or_for_others(engine: Engine) -> None:
    nine = " ".join(f"a:h{n}.other.example" for n in range(9))
    hosts = {(f"h{n}.other.example", kind): ["198.51.100.7"] for n in range(9) for kind in [RecordType.A]}
    hosts |= {(f"h{n}.other.example", RecordType.AAAA): ["2001:db8:ffff::7"] for n in range(9)}
    facts = zone(
        {
            "last.example": f"v=spf1 {nine} include:spf.ours.example -all",
            "first.example": f"v=spf1 include:spf.ours.example {nine} -all",
            "small.example": INCLUDE,
        },
        hosts,
    )
    fill(engine, facts, [at("last.example"), at("first.example"), at("small.example")])
    proposed = {"spf.ours.example": "v=spf1 include:more.ours.example -all", "more.ours.example": NOW}
    report = ask(engine, proposed)
    assert ids(report, Group.OVER_FOR_US) == ids(report, Group.LOSES) == ["last.example"]
    assert ids(report, Group.OVER_FOR_OTHERS) == ["first.example"]
    (lost,) = report.of(Group.LOSES)
    assert reason(lost).rule == "SPF_TERM_LIMIT_EXCEEDED"
    assert (lost.difference.before.terms, lost.difference.after.terms) == (10, 11)


def test_a_split_over_several_names_changes_nothing_where_there_is_room(engine: Engine) -> None:
    fleet(engine, {"a.example": INCLUDE})
    report = ask(
        engine,
        {
            "spf.ours.example": "v=spf1 include:_a.ours.example include:_b.ours.example -all",
            "_a.ours.example": "v=spf1 ip4:192.0.2.0/24 -all",
            "_b.ours.example": "v=spf1 ip6:2001:db8::/32 -all",
        },
    )
    assert (report.judged, report.changes, report.flaws) == (1, (), ())


def test_who_passes_from_some_addresses_only_is_told(engine: Engine) -> None:
    fleet(engine, {"a.example": INCLUDE})
    report = ask(engine, include("v=spf1 ip4:192.0.2.0/24 -all"))
    assert ids(report, Group.PARTLY) == ids(report, Group.LOSES) == ["a.example"]


def test_a_name_of_which_nothing_is_stored_makes_unknown_and_never_a_loser(engine: Engine) -> None:
    fleet(engine, {"a.example": INCLUDE})
    report = ask(engine, include("v=spf1 include:new.ours.example -all"))
    assert ids(report, Group.UNKNOWN) == ["a.example"]
    assert ids(report, Group.LOSES) == []
    (change,) = report.of(Group.UNKNOWN)
    assert "new.ours.example TXT: not stored" in reason(change).evidence[0].found
    assert [f.rule for f in report.flaws] == ["PROPOSED_NOT_STORED"]
    assert not report.somebody_loses


def test_other_names_may_change_too(engine: Engine) -> None:
    fleet(engine, {"a.example": "v=spf1 include:host.example -all", "host.example": INCLUDE})
    report = ask(engine, {"host.example": "v=spf1 -all"})
    assert ids(report, Group.LOSES) == ["a.example", "host.example"]


def test_a_company_s_own_record_may_be_tried(engine: Engine) -> None:
    fleet(engine, {"a.example": "v=spf1 -all"})
    assert ids(ask(engine, {"a.example": INCLUDE}), Group.GAINS) == ["a.example"]


def test_a_cname_to_a_changed_name_changes_with_it(engine: Engine) -> None:
    alias = {("alias.example", RecordType.CNAME): ["spf.ours.example"]}
    facts = zone({"a.example": "v=spf1 include:alias.example -all"}, alias)
    fill(engine, facts, [at("a.example")])
    report = ask(engine, include("v=spf1 -all"))
    assert ids(report, Group.LOSES) == ["a.example"]


def test_the_other_texts_of_a_name_stay(engine: Engine) -> None:
    quoted = txt('"v=spf1 include:spf.ours.example -all"')
    facts = zone({}, {("a.example", RecordType.TXT): [txt(INCLUDE), quoted]})
    fill(engine, facts, [at("a.example")])
    (change,) = ask(engine, {"a.example": "v=spf1 -all"}).of(Group.LOSES)
    assert change.difference.after.spf is SpfState.INEFFECTIVE  # a near miss among them still names us


def test_other_sending_addresses_are_tried_after_those_of_today(engine: Engine) -> None:
    by_address = "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"
    fleet(engine, {"a.example": INCLUDE, "fixed.example": by_address, "not.example": "v=spf1 -all"})
    report = ask(engine, {}, addresses=["192.0.2.200", "2001:db8::1"])
    assert ids(report, Group.LOSES) == ["fixed.example"]
    assert ids(report, Group.PARTLY) == ["fixed.example"]
    assert report.judged == 3


# For whom


def test_every_method_is_told_and_own_address_is_for_whom_it_matters(engine: Engine) -> None:
    methods = list(SendingMethod)
    companies = [at("a.example", f"c-{method}", method) for method in methods]
    fleet(engine, {"a.example": INCLUDE}, companies)
    report = ask(engine, include("v=spf1 -all"))
    assert report.counts(Group.LOSES) == dict.fromkeys(methods, 1)
    assert {c.method for c in report.changes if c.matters} == {SendingMethod.OWN_ADDRESS}


def test_with_an_envelope_of_our_own_it_is_for_the_audit_alone(engine: Engine) -> None:
    fleet(engine, {"a.example": INCLUDE})
    report = ask(engine, include("v=spf1 -all"), replace(US, envelope=PLATFORM))
    assert [(c.company_id, c.matters) for c in report.of(Group.LOSES)] == [("a.example", False)]


def test_the_envelope_s_domain_is_the_one_that_is_judged(engine: Engine) -> None:
    us = replace(US, envelope="bounce.{domain}")
    facts = zone({"a.example": "v=spf1 -all", "bounce.a.example": INCLUDE})
    fill(engine, facts, [at("a.example")], us)
    assert ids(ask(engine, include("v=spf1 -all"), us), Group.LOSES) == ["a.example"]
    assert us.envelope != TENANT


def test_our_own_domain_is_judged_beside_them(engine: Engine) -> None:
    fleet(engine, {"a.example": "v=spf1 -all"})
    report = ask(engine, include("v=spf1 -all"))
    assert report.own is not None
    assert report.own.difference.groups >= {Group.LOSES}
    assert report.changes == ()
    assert report.somebody_loses


def test_shared_domains_and_companies_that_are_gone_or_without_a_domain_are_left_out(engine: Engine) -> None:
    companies = [at("gmail.com"), at("gone.example"), Company("none", "None")]
    fill(engine, zone({"gmail.com": INCLUDE, "gone.example": INCLUDE}), companies)
    with writing(engine) as session:
        session.execute(
            update(CompanyRow)
            .where(CompanyRow.id == "gone.example")
            .values(gone_since=CompanyRow.imported_at)
        )
    report = ask(engine, include("v=spf1 -all"))
    assert (report.companies, report.shared, report.judged, report.changes) == (2, 1, 0, ())


def test_companies_of_one_domain_are_judged_once_unless_a_record_asks_who_sends(engine: Engine) -> None:
    personal = "v=spf1 exists:%{l}.allow.example include:spf.ours.example -all"
    allowed = {("info.allow.example", RecordType.A): ["127.0.0.2"]}
    companies = [
        replace(at("p.example", "1"), email="info@p.example"),
        replace(at("p.example", "2"), email="other@p.example"),
        replace(at("a.example", "3"), email="info@a.example"),
        replace(at("a.example", "4"), email="other@a.example"),
    ]
    fill(engine, zone({"p.example": personal, "a.example": INCLUDE}, allowed), companies)
    report = ask(engine, include("v=spf1 -all"))
    assert ids(report, Group.LOSES) == ["2", "3", "4"]
    assert len({id(change.difference) for change in report.changes}) == 2


# What is wrong with the proposal by itself


@pytest.mark.parametrize(
    ("record", "rule", "found"),
    [
        ("v=spf1 ipv4:192.0.2.0/24 -all", "PROPOSED_SYNTAX_ERROR", "ipv4:192.0.2.0/24"),
        (f"{NOW[:-4]}+all", "PROPOSED_PASS_ALL", "+all"),
        (NOW[:-5], "PROPOSED_NO_ALL", "nothing"),
        (f"{NOW[:-4]}?all", "PROPOSED_NO_ALL", "?all"),
        (f"{NOW} ip4:203.0.113.0/24", "PROPOSED_BEHIND_ALL", "ip4:203.0.113.0/24"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "PROPOSED_LACKS_ADDRESS", "fail"),
        (f"{NOW[:-4]} include:nowhere.example -all", "PROPOSED_NOT_STORED", "not stored"),
        (f"{NOW[:-4]} include:without.example -all", "PROPOSED_DEAD_NAME", "no SPF record"),
        (f"{NOW[:-4]}{'a ' * 10}-all", "PROPOSED_OVER_BUDGET", "10"),
    ],
)
def test_a_flaw_of_the_include_is_told_before_the_fleet(
    engine: Engine, record: str, rule: str, found: str
) -> None:
    fleet(engine, {"a.example": INCLUDE, "without.example": "no spf here"})
    flaws = {flaw.rule: flaw for flaw in ask(engine, include(record)).flaws}
    assert found in flaws[rule].evidence[0].found


def test_two_records_for_one_name_are_judged_as_two_records(engine: Engine) -> None:
    fleet(engine, {"a.example": INCLUDE})
    report = asyncio.run(run(engine, US, Proposal({"spf.ours.example": (NOW.encode(), NOW.encode())})))
    assert "PROPOSED_SEVERAL_RECORDS" in [flaw.rule for flaw in report.flaws]
    assert ids(report, Group.LOSES) == ["a.example"]


def test_a_sound_proposal_has_no_flaw(engine: Engine) -> None:
    fleet(engine, {"a.example": INCLUDE})
    assert ask(engine, include(NOW)).flaws == ()


# From the store


def test_the_verdicts_that_say_otherwise_are_counted(engine: Engine) -> None:
    fleet(engine, {"a.example": INCLUDE, "b.example": INCLUDE})
    with writing(engine) as session:
        session.execute(update(VerdictRow).where(VerdictRow.company_id == "a.example").values(spf="missing"))
    report = ask(engine, include("v=spf1 -all"))
    assert report.differ == 1
    assert ids(report, Group.LOSES) == ["a.example", "b.example"]


def test_without_companies_or_facts_there_is_nothing_to_judge(engine: Engine) -> None:
    with pytest.raises(NothingStored, match="data import"):
        ask(engine, include(NOW))
    with writing(engine) as session:
        session.add(CompanyRow(id="1", name="One", imported_at=MORNING))
    with pytest.raises(NothingStored, match="data scan"):
        ask(engine, include(NOW))


def test_a_fleet_is_read_in_few_statements(engine: Engine) -> None:
    fleet(
        engine, {f"d{n}.example": f"v=spf1 a:h{n}.example include:spf.ours.example -all" for n in range(60)}
    )
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
    assert len(ids(ask(engine, include("v=spf1 -all")), Group.LOSES)) == 60
    assert len(statements) < 30


# Skipping whom nothing can touch says the same as judging everybody

LONG = ".".join(["x" * 60] * 5)


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 include:spf.ours.example. -all",
        "V=SPF1 +InClUdE:SPF.Ours.Example -all",
        "v=spf1 redirect=spf.ours.example",
        "v=spf1 REDIRECT=Spf.ours.example.",
        "v=spf1 include:spf.%{d} -all",
        "v=spf1 include:one.example -all",
        f"v=spf1 include:{LONG}.spf.ours.example -all",
        "v=spf1 a -ip4:10.0.0.0/8 include:two.example include:one.example -all",
    ],
)
def test_every_way_to_a_changed_name_is_seen(engine: Engine, record: str) -> None:
    us = replace(US, domain=None)
    names = {"one.example": "v=spf1 redirect=two.example", "two.example": INCLUDE}
    cut = ".".join(["x" * 60] * 3) + ".spf.ours.example"  # RFC 7208 7.3: 253 octets from the right
    facts = zone({"a.example": record, "spf.a.example": NOW, cut: NOW} | names)
    fill(engine, facts, [at("a.example"), at("not.example")], us)
    changes = {"spf.ours.example": "v=spf1 -all", "spf.a.example": "v=spf1 -all", cut: "v=spf1 -all"}
    quick, slow = (ask(engine, changes, us, skip=skip) for skip in (True, False))
    assert quick.changes == slow.changes
    assert ids(quick, Group.LOSES) == ["a.example"]
    assert (quick.judged, slow.judged) == (1, 2)


NAMES = ("a.example", "b.example", "c.b.example", "spf.ours.example", "more.ours.example")
LINKS = st.one_of(
    st.sampled_from(["include:%{d2}", "include:c.%{o}", "redirect=%{d1r}.example", "a:b.example", "broken:"]),
    st.builds("{}{}{}".format, st.sampled_from(["", "?", "-"]), st.just("include:"), st.sampled_from(NAMES)),
    st.builds("redirect={}".format, st.sampled_from(NAMES)),
)
RECORDS = st.builds(
    lambda links, end: " ".join(["v=spf1", *links, end]),
    st.lists(LINKS, min_size=1, max_size=2),
    st.sampled_from(["", "-all", "ip4:192.0.2.0/24 ip6:2001:db8::/32"]),
)
FLEETS = st.dictionaries(st.sampled_from(NAMES), RECORDS, min_size=3)
CHANGES = st.dictionaries(
    st.sampled_from(NAMES),
    st.sampled_from(["v=spf1 +all", "v=spf1 -all", "v=spf1 x:"]),
    min_size=1,
    max_size=2,
)


@settings(max_examples=40, deadline=None)
@given(FLEETS, CHANGES, st.sampled_from(NAMES))
def test_who_is_skipped_would_not_have_changed(
    texts: dict[str, str], changes: dict[str, str], alias: str
) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)  # without the migrations' quarter of a second
    Base.metadata.create_all(engine)
    records: dict[tuple[str, RecordType], Sequence[Record]] = {
        (name, RecordType.TXT): [txt(record)] for name, record in texts.items()
    }
    records.setdefault((alias, RecordType.CNAME), ["spf.ours.example"])
    companies = [at(domain) for domain in ("a.example", "b.example", "c.b.example")]
    fill(engine, ZoneResolver(records), companies)
    quick, slow = (ask(engine, changes, skip=skip) for skip in (True, False))
    assert quick.changes == slow.changes
    assert (quick.own, quick.flaws) == (slow.own, slow.flaws)
    assert quick.judged <= slow.judged == len(companies)
    engine.dispose()
