"""Writing what came of looking at companies, in the process that writes."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from data import login_attempts, logins, observations, rejudging, verdicts
from data.worker.look import Looked


def keep(session: Session, looked: Looked) -> None:
    """Facts and verdicts together. Whose login became known since they were read is judged again with it. The caller
    commits."""
    if looked.logins:
        login_attempts.lock(session)
    observations.write(session, looked.facts)
    for seen in looked.verdicts:
        verdicts.write(session, seen.changed, complete=seen.complete)
        verdicts.confirm(session, seen.same, complete=seen.complete)
    if news := logins.news(session, looked.logins):
        rejudging.rejudge(session, news, datetime.now(UTC))
