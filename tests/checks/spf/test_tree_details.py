"""The tree of a record, and what its terms cost: names, counts and limits."""

from __future__ import annotations

import asyncio

import pytest

from checks.lookup import RecordType, Resolver, Result
from checks.spf import record
from checks.spf.costs import MAX_COSTS, MAX_LOOKUPS, Cost, Costs, Count, measure
from checks.spf.record import Directive
from checks.spf.tree import MAX_DEPTH, MAX_NODES, MAX_OCTETS, Node, NodeState, Tree, named, target, walk
from tests.support.zone import zone

ZONE = """
    acme.example TXT v=spf1 mx include:a.example ?include:%{l}.example -all include:b.example redirect=c.example
    acme.example TXT proof=1
    acme.example MX 10 mail.acme.example
    a.example TXT v=spf1 include:acme.example include:dark.example include:none.example redirect=r.example
    b.example TXT v=spf1 a include:gone.example
    c.example TXT v=spf1 ~all
    r.example TXT v=spf1 a:%{d} ptr exists:here.acme.example -all
    r.example A 198.51.100.1
    dark.example TXT !SERVFAIL
    none.example A 198.51.100.1
    two.example TXT v=spf1 mx -all
    two.example TXT v=spf1 include:b.example -all
    rotten.example TXT v=spf1 ip4:nonsense include:c.example
    here.acme.example A 127.0.0.2
    flat.example TXT v=spf1 ip4:198.51.100.1 -all
"""


class Waiting:
    """A resolver that is waited for: what it was asked, and how much of it at once at most."""

    def __init__(self, beneath: Resolver) -> None:
        self.beneath = beneath
        self.asked: list[tuple[str, RecordType]] = []
        self.now = self.at_once = 0

    async def lookup(self, name: str, type: RecordType) -> Result:
        self.asked.append((name, type))
        self.now += 1
        self.at_once = max(self.at_once, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return await self.beneath.lookup(name, type)


def nodes(tree: Tree) -> list[tuple[str, NodeState, int, str, int, bool]]:
    return [(n.name, n.state, n.depth, n.via, n.parent, n.reachable) for n in tree.nodes]


WALKED = [
    ("acme.example", NodeState.RECORD, 0, "", -1, True),
    ("a.example", NodeState.RECORD, 1, "include:a.example", 0, True),
    ("", NodeState.MACRO, 1, "?include:%{l}.example", 0, True),
    ("b.example", NodeState.RECORD, 1, "include:b.example", 0, False),
    ("c.example", NodeState.RECORD, 1, "redirect=c.example", 0, False),
    ("acme.example", NodeState.LOOP, 2, "include:acme.example", 1, True),
    ("dark.example", NodeState.FAILED, 2, "include:dark.example", 1, True),
    ("none.example", NodeState.NO_RECORD, 2, "include:none.example", 1, True),
    ("r.example", NodeState.RECORD, 2, "redirect=r.example", 1, True),
    ("gone.example", NodeState.NO_SUCH_NAME, 2, "include:gone.example", 3, False),
]


async def test_every_include_and_redirect_is_followed_a_level_at_a_time() -> None:
    tree = await walk("acme.example", zone(ZONE))

    assert nodes(tree) == WALKED
    assert tree.texts == (ZONE.splitlines()[1].split(" TXT ")[1].encode(), b"proof=1")
    assert [t.octets for t in tree.published] == list(tree.texts)
    assert tree.nodes[6].failure is not None
    assert tree.nodes[6].failure.name == "dark.example"
    assert tree.path(tree.nodes[5]) == ("acme.example", "a.example", "acme.example")
    assert tree.path(tree.root) == ("acme.example",)
    assert tree.root.record is tree.root.records[0]
    assert not tree.complete
    # mx, two includes; three includes and a redirect; a, ptr and exists. Nothing of what stands behind all.
    assert tree.terms == 10
    assert not tree.over_budget


async def test_a_level_is_asked_at_once_and_no_name_twice() -> None:
    waiting = Waiting(zone(ZONE + "acme.example TXT v=spf1 include:a.example include:a.example -all\n"))
    tree = await walk("two.example", waiting)
    assert nodes(tree)[1:3] == [
        ("b.example", NodeState.RECORD, 1, "include:b.example", 0, True),
        ("gone.example", NodeState.NO_SUCH_NAME, 2, "include:gone.example", 1, True),
    ]
    assert tree.root.state is NodeState.SEVERAL
    assert tree.root.record is None
    assert len(tree.root.records) == 2
    assert waiting.asked == [(n, RecordType.TXT) for n in ("two.example", "b.example", "gone.example")]

    waiting = Waiting(zone(ZONE + "twice.example TXT v=spf1 include:c.example ?include:C.example. -all\n"))
    assert [n.name for n in (await walk("twice.example", waiting)).nodes[1:]] == ["c.example", "c.example"]
    assert len(waiting.asked) == 2


@pytest.mark.parametrize("waits", [False, True])
async def test_a_resolver_with_all_in_memory_is_asked_one_by_one(waits: bool) -> None:
    waiting = Waiting(zone(ZONE))
    if not waits:
        waiting.immediate = True  # type: ignore[attr-defined]
    assert nodes(await walk("acme.example", waiting)) == WALKED
    assert waiting.at_once == (4 if waits else 1)


async def test_what_is_complete_has_no_limit_left() -> None:
    tree = await walk("rotten.example", zone(ZONE))
    assert tree.complete
    assert [n.name for n in tree.nodes] == ["rotten.example", "c.example"]
    assert not (await walk("dark.example", zone(ZONE))).complete
    nothing = await walk("gone.example", zone(ZONE))
    assert (nothing.root.state, nothing.texts, nothing.published) == (NodeState.NO_SUCH_NAME, (), ())


async def test_a_name_that_cannot_be_asked_is_no_such_name() -> None:
    long = f"{'x' * 64}.example"
    waiting = Waiting(zone(ZONE + f"long.example TXT v=spf1 include:{long} -all\n"))
    tree = await walk("long.example", waiting)
    assert nodes(tree)[1] == (long, NodeState.NO_SUCH_NAME, 1, f"include:{long}", 0, True)
    assert waiting.asked == [("long.example", RecordType.TXT)]


async def test_a_tree_is_followed_to_twelve_below_the_domain() -> None:
    chain = "\n".join(f"d{n}.example TXT v=spf1 include:d{n + 1}.example -all" for n in range(MAX_DEPTH + 3))
    tree = await walk("d0.example", zone(chain))
    assert [n.state for n in tree.nodes] == [NodeState.RECORD] * (MAX_DEPTH + 1) + [NodeState.TOO_MANY]
    assert tree.over_budget
    assert tree.terms == MAX_DEPTH + 1


async def test_a_tree_has_a_hundred_nodes_and_one_for_each_record_that_is_cut() -> None:
    wide = " ".join(f"include:w{n}.example" for n in range(MAX_NODES - 1))
    leaves = "".join(f"w{n}.example TXT v=spf1 include:x.example mx -all\n" for n in range(MAX_NODES))

    tree = await walk("wide.example", zone(f"wide.example TXT v=spf1 {wide} -all\n" + leaves))
    assert [n.state for n in tree.nodes[:MAX_NODES]] == [NodeState.RECORD] * MAX_NODES
    assert [n.state for n in tree.nodes[MAX_NODES:]] == [NodeState.TOO_MANY] * (MAX_NODES - 1)
    assert not tree.complete

    last = f"include:w{MAX_NODES - 1}.example include:y.example"
    tree = await walk("wide.example", zone(f"wide.example TXT v=spf1 {wide} {last} -all\n" + leaves))
    assert [n.via for n in tree.nodes if n.state is NodeState.TOO_MANY and n.depth == 1] == [
        f"include:w{MAX_NODES - 1}.example"
    ]


async def test_the_records_below_are_read_up_to_so_many_octets() -> None:
    def filled(name: str, octets: int) -> str:
        text = "v=spf1 " + "x" * 5 + "=" + "y" * (octets - 13)
        assert len(text) == octets
        return f"{name} TXT {text}\n"

    root = "big.example TXT v=spf1 include:one.example include:two.example -all\n"
    one, two = filled("one.example", MAX_OCTETS - 100), filled("two.example", 100)
    tree = await walk("big.example", zone(root + one + two))
    assert [n.state for n in tree.nodes] == [NodeState.RECORD] * 3
    tree = await walk("big.example", zone(root + one + filled("two.example", 101)))
    assert [n.state for n in tree.nodes] == [NodeState.RECORD, NodeState.RECORD, NodeState.TOO_MANY]
    tree = await walk("one.example", zone(filled("one.example", MAX_OCTETS + 1)))
    assert tree.root.state is NodeState.RECORD


async def test_no_look_up_begins_after_fifteen_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("checks.spf.tree.time.monotonic", lambda: now[0])

    class Slow(Waiting):
        async def lookup(self, name: str, type: RecordType) -> Result:
            now[0] += 15.0 if name == "t1.example" else 0.0
            return await super().lookup(name, type)

    chain = zone("\n".join(f"t{n}.example TXT v=spf1 include:t{n + 1}.example -all" for n in range(1, 4)))
    tree = await walk("t1.example", Slow(chain))
    assert [n.state for n in tree.nodes][:2] == [NodeState.RECORD, NodeState.RECORD]
    assert tree.seconds == 15.0
    now[0] = 100.0

    class Slower(Slow):
        async def lookup(self, name: str, type: RecordType) -> Result:
            now[0] += 0.5
            return await super().lookup(name, type)

    tree = await walk("t1.example", Slower(chain))
    assert [n.state for n in tree.nodes] == [NodeState.RECORD, NodeState.TOO_LATE]
    assert tree.seconds == 15.5
    assert not tree.complete


def term(text: str) -> Directive:
    return record.parse(f"v=spf1 {text}".encode()).directives[0]


@pytest.mark.parametrize(
    ("text", "asks", "here"),
    [
        ("a", None, "acme.example"),
        ("a:Mail.Example.", "mail.example", "mail.example"),
        ("a:%{d}", None, "acme.example"),
        ("include:_spf.%{d2}", None, "_spf.acme.example"),
        ("exists:%{i}.example", None, None),
        ("exists:%{i}.%{d}", None, None),
        ("exists:%{o}", None, None),
        ("a:%%.example", "%.example", "%.example"),
    ],
)
def test_a_term_names_what_it_asks_about(text: str, asks: str | None, here: str | None) -> None:
    assert target(term(text)) == asks
    assert named(term(text), "acme.example") == here


# What the terms cost


def test_a_count_is_a_number_or_a_range() -> None:
    assert [str(c) for c in (Count(2, 2), Count(0, 3), Count(4, None))] == ["2", "0 to 3", "at least 4"]


COSTS = """
    both.example A 198.51.100.1
    both.example AAAA 2001:db8::1
    four.example A 198.51.100.2
    six.example AAAA 2001:db8::2
    dark.example * !SERVFAIL
    half.example A !TIMEOUT
    half.example AAAA 2001:db8::3
    mx4.example MX 10 four.example
    mx4.example MX 20 gone.example
    mxgone.example MX 10 gone.example
    mxnull.example MX 0 .
    mxdark.example MX 10 dark.example
    mxdark.example MX 20 four.example
    i.example TXT v=spf1 a:four.example -all
"""
LONG_NAME = f"{'x' * 64}.example"


@pytest.mark.parametrize(
    ("text", "name", "voids", "failures"),
    [
        ("a:both.example", "both.example", (False, False), ()),
        ("a:four.example", "four.example", (False, True), ()),
        ("a:six.example", "six.example", (True, False), ()),
        ("a:gone.example", "gone.example", (True, True), ()),
        ("a:dark.example", "dark.example", (None, None), ("A", "AAAA")),
        ("a:half.example", "half.example", (None, False), ("A",)),
        ("a:%{l}.example", None, (None, None), ()),
        ("ptr", "acme.example", (None, None), ()),
        ("exists:four.example", "four.example", (False, False), ()),
        ("exists:six.example", "six.example", (True, True), ()),
        ("exists:dark.example", "dark.example", (None, None), ("A",)),
        ("mx:mx4.example", "mx4.example", (False, True), ()),
        ("mx:mxgone.example", "mxgone.example", (True, True), ()),
        ("mx:mxnull.example", "mxnull.example", (True, True), ()),
        ("mx:gone.example", "gone.example", (True, True), ()),
        ("mx:dark.example", "dark.example", (None, None), ("MX",)),
        ("mx:mxdark.example", "mxdark.example", (False, None), ("A", "AAAA")),
        (f"a:{LONG_NAME}", LONG_NAME, (False, False), ()),
        (f"mx:{LONG_NAME}", LONG_NAME, (False, False), ()),
        ("include:i.example", "i.example", (False, False), ()),
        ("include:gone.example", "gone.example", (False, False), ()),
        ("include:%{l}.example", None, (False, False), ()),
        ("redirect=gone.example", "gone.example", (False, False), ()),
    ],
)
@pytest.mark.parametrize("waits", [False, True])
async def test_a_term_is_void_where_it_finds_nothing(
    text: str,
    name: str | None,
    voids: tuple[bool | None, bool | None],
    failures: tuple[str, ...],
    waits: bool,
) -> None:
    records = zone(COSTS + f"acme.example TXT v=spf1 {text}\n")
    resolver = Waiting(records) if waits else records
    tree = await walk("acme.example", resolver)
    cost = (await measure(tree, resolver)).items[0]
    assert (cost.node, cost.term.text, cost.name) == (0, text, name)
    assert (cost.void4, cost.void6) == voids == (cost.void(4), cost.void(6))
    assert tuple(str(f.type) for f in cost.failures) == failures
    hosts = {"mx:mx4.example": 2, "mx:mxgone.example": 1, "mx:mxnull.example": 1, "mx:mxdark.example": 2}
    assert cost.exchangers == hosts.get(text, 0)
    assert cost.names_nothing is (voids == (True, True))
    assert cost.depends_on_sender is (name is None or text == "ptr")


async def test_costs_are_counted_over_the_whole_tree() -> None:
    records = zone(
        COSTS + "acme.example TXT v=spf1 a:dark.example include:i.example a:gone.example -all a:six.example\n"
    )
    costs = await measure(await walk("acme.example", records), records)
    assert [c.term.text for c in costs.items] == [
        "a:dark.example",
        "include:i.example",
        "a:gone.example",
        "a:four.example",
    ]
    assert (costs.terms, costs.voids(4), costs.voids(6)) == (Count(4, 4), Count(1, 2), Count(2, 3))
    assert [(f.name, str(f.type)) for f in costs.failures] == [
        ("dark.example", "A"),
        ("dark.example", "AAAA"),
    ]
    assert costs.complete


async def test_a_circle_or_what_could_not_be_read_leaves_the_least() -> None:
    for more in ("include:acme.example", "include:dark.example"):
        records = zone(COSTS + f"acme.example TXT v=spf1 {more} a:gone.example -all\n")
        costs = await measure(await walk("acme.example", records), records)
        assert (costs.terms, costs.voids(4)) == (Count(2, None), Count(1, None))
    behind = zone(COSTS + "acme.example TXT v=spf1 a:gone.example -all include:acme.example\n")
    assert (await measure(await walk("acme.example", behind), behind)).terms == Count(1, 1)


async def test_an_mx_is_asked_up_to_ten_exchangers() -> None:
    hosts = "".join(f"acme.example MX {n} h{n}.example\n" for n in range(12))
    records = zone(hosts + "h10.example A 198.51.100.1\nacme.example TXT v=spf1 mx -all\n")
    waiting = Waiting(records)
    tree = await walk("acme.example", records)
    costs = await measure(tree, waiting)
    (cost,) = costs.items
    assert costs.all_asked
    assert (cost.exchangers, cost.void4, cost.void6) == (12, True, True)
    assert waiting.asked.count(("h9.example", RecordType.A)) == 1
    assert waiting.asked.count(("h10.example", RecordType.A)) == 0


@pytest.mark.parametrize("waits", [False, True])
async def test_a_name_is_looked_up_once_and_a_hundred_in_all(waits: bool) -> None:
    terms = " ".join(f"a:h{n}.example ?a:h{n}.example" for n in range(60))
    waiting = Waiting(zone(f"acme.example TXT v=spf1 {terms} -all\n"))
    if not waits:
        waiting.immediate = True  # type: ignore[attr-defined]
    tree = await walk("acme.example", waiting.beneath)
    costs = await measure(tree, waiting)
    assert len(waiting.asked) == len(set(waiting.asked)) == MAX_LOOKUPS
    assert waiting.at_once == (MAX_LOOKUPS if waits else 1)
    assert (costs.terms, costs.voids(4)) == (Count(120, 120), Count(100, 120))
    assert not costs.all_asked


async def test_exchangers_are_looked_up_within_the_hundred() -> None:
    terms = " ".join(f"mx:m{n}.example" for n in range(60))
    hosts = "".join(f"m{n}.example MX 10 h{n}.example\n" for n in range(60))
    waiting = Waiting(zone(f"{hosts}acme.example TXT v=spf1 {terms} -all\n"))
    costs = await measure(await walk("acme.example", waiting.beneath), waiting)
    assert len(waiting.asked) == MAX_LOOKUPS
    assert (costs.voids(4), costs.voids(6)) == (Count(20, 60), Count(20, 60))
    assert not costs.all_asked


async def test_a_name_that_cannot_be_asked_is_not() -> None:
    records = zone(f"acme.example MX 10 {LONG_NAME}\nacme.example TXT v=spf1 a:{LONG_NAME} mx -all\n")
    waiting = Waiting(records)
    costs = await measure(await walk("acme.example", records), waiting)
    assert waiting.asked == [("acme.example", RecordType.MX)]
    assert [(c.void4, c.void6) for c in costs.items] == [(False, False), (True, True)]


async def test_so_many_terms_are_counted() -> None:
    for many, most in ((MAX_COSTS, MAX_COSTS), (MAX_COSTS + 1, None), (MAX_COSTS + 9, None)):
        records = zone(f"acme.example TXT v=spf1 {'ptr ' * many}-all\n")
        costs = await measure(await walk("acme.example", records), records)
        assert costs.terms == Count(min(many, MAX_COSTS + 1), most)


def test_nothing_is_counted_where_nothing_was_asked() -> None:
    assert Costs().terms == Count(0, 0)
    assert Cost(0, term("a"), "acme.example").void(4) is False


def test_a_node_is_where_the_record_is() -> None:
    tree = Tree((Node("acme.example", NodeState.NO_RECORD, 0),))
    assert (tree.terms, tree.over_budget, tree.complete, tree.root.record) == (0, False, True, None)
