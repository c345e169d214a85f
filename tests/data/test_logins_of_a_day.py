"""A simulated day of logins keeps every cap at every moment."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.support.logins_of_a_day import Day


@pytest.mark.parametrize("seed", [1, 2])
def test_a_crowded_hour_keeps_every_cap(store: Engine, seed: int) -> None:
    """More want to log in than may at once. (`tests/bench/login_day.py` does ten thousand companies.)"""
    day = Day(store, companies=250, seconds=1200, addresses=6, servers=1, seed=seed)
    day.run()
    assert day.counts["auths"] > 100
    assert day.counts["refused"] > 5
    assert day.counts["made to wait"] > 30


def test_over_days_the_healthy_are_looked_at_daily_and_the_refused_twice(store: Engine) -> None:
    day = Day(store, companies=60, seconds=2.5 * 86_400, addresses=50)
    day.run()
    assert day.counts["ok"] > 60
    assert day.counts["paused"] > 2
