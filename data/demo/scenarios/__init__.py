"""Every state that a company can be in, as scenarios: the fleet has so many companies of each."""

from data.demo.scenario import Scenario
from data.demo.scenarios.address import ADDRESS
from data.demo.scenarios.dmarc import DMARC
from data.demo.scenarios.healthy import HEALTHY
from data.demo.scenarios.login import LOGIN
from data.demo.scenarios.lookups import LOOKUPS
from data.demo.scenarios.server import SERVER
from data.demo.scenarios.spf import SPF
from data.demo.scenarios.text import TEXT

SCENARIOS: tuple[Scenario, ...] = (
    *(*HEALTHY, *ADDRESS, *SPF, *LOOKUPS, *DMARC, *TEXT),
    *(*SERVER, *LOGIN),
)
