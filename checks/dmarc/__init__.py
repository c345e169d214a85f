"""DMARC (RFC 9989): what a domain asks receivers to do with mail in its name, and whether ours would pass."""

from checks.dmarc.discover import (
    Applied,
    DmarcFacts,
    Step,
    Walk,
    aligned,
    gather,
)
from checks.dmarc.ours import OurMail, for_our_mail
from checks.dmarc.record import Alignment, BrokenTag, DmarcRecord, Policy, Psd, near_miss, parse
from checks.dmarc.rules import RULES, judge

__all__ = [
    "RULES",
    "Alignment",
    "Applied",
    "BrokenTag",
    "DmarcFacts",
    "DmarcRecord",
    "OurMail",
    "Policy",
    "Psd",
    "Step",
    "Walk",
    "aligned",
    "for_our_mail",
    "gather",
    "judge",
    "near_miss",
    "parse",
]
