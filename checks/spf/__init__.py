"""SPF, RFC 7208: parse a record, evaluate it for a sending address, say what it means for our mail."""

from checks.spf.evaluate import check_host
from checks.spf.memo import Memo
from checks.spf.outcome import Outcome, Result

__all__ = ["Memo", "Outcome", "Result", "check_host"]
