"""MX: whether a domain takes mail, and at which servers (RFC 5321 5.1, RFC 7505)."""

from checks.mx.exchangers import Exchanger, MxFacts, gather
from checks.mx.rules import RULES, judge

__all__ = ["RULES", "Exchanger", "MxFacts", "gather", "judge"]
