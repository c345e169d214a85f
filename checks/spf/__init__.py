"""SPF, RFC 7208: parse a record, evaluate it for a sending address, say what it means for our mail."""

from checks.spf.evaluate import Outcome, Result, check_host

__all__ = ["Outcome", "Result", "check_host"]
