"""Verdicts of companies whose login became known after their DNS: judged again from what is stored.

Whichever comes last, the look at the DNS or the login, the verdict is the same in the end: who writes a login judges
the stored verdict again, and who writes a verdict looks whether a login was written since its company was read. Both
hold `data.login_attempts.lock`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from checks import diagnosis
from data import companies, logins, verdicts


def rejudge(session: Session, ids: Collection[str], now: datetime) -> None:
    """Judge the stored verdicts of these companies again with what is known of their logins. The caller commits.

    A company that nobody has looked at gets none: it comes with its DNS.
    """
    known = logins.known(session, ids)
    for company in companies.for_scan(session, ids):
        stored = verdicts.get(session, company.id)
        if stored is None:
            continue
        login = known.get(company.id)
        judged = diagnosis.with_login(stored.diagnosis, company, login.standing if login else None)
        verdicts.replace(session, stored, judged, now)
