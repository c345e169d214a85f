"""SPF, RFC 7208: parse a record, evaluate it for a sending address, say what it means for our mail."""

from checks.spf.evaluate import Memo, Outcome, Result, check_host

__all__ = ["Memo", "Outcome", "Result", "check_host"]
