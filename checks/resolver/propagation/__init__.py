"""Has it arrived? Each authoritative server asked itself, and the public resolvers beside them.

facts = await gather(spf("example.be", "v=spf1 … -all"), resolver, [public_resolver("Google=8.8.8.8")])
arrival = judge(facts)
arrival.state, sentence(arrival)
"""

from checks.resolver.propagation.facts import Facts, Held, Trouble, Wanted, dmarc, meant_by, mx, spf
from checks.resolver.propagation.gather import PublicResolver, gather, public_resolver
from checks.resolver.propagation.judge import Arrival, State, judge
from checks.resolver.propagation.limits import Limits, network
from checks.resolver.propagation.rules import RULES
from checks.resolver.propagation.sentence import operators, sentence

__all__ = [
    "RULES",
    "Arrival",
    "Facts",
    "Held",
    "Limits",
    "PublicResolver",
    "State",
    "Trouble",
    "Wanted",
    "dmarc",
    "gather",
    "judge",
    "meant_by",
    "mx",
    "network",
    "operators",
    "public_resolver",
    "sentence",
    "spf",
]
