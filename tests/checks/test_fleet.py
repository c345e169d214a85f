"""Many items at once: bounded, in any order, none lost."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from checks.fleet import TOO_LATE, WIDTH, DeadlineResolver, judge_all, width_for
from checks.lookup import Answer, FailureReason, LookupFailed, RecordType, Resolver, Result, ZoneResolver, txt

ZONE = ZoneResolver({("example.com", RecordType.TXT): [txt("here")]})


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


async def double(number: int, _: Resolver) -> int:
    await asyncio.sleep(0)
    return 2 * number


class Silent:
    """A resolver that never answers."""

    async def lookup(self, name: str, type: RecordType) -> Result:
        await asyncio.sleep(3600)
        raise AssertionError


async def test_every_item_comes_out_once() -> None:
    seen = [judged async for judged in judge_all(numbers(1000), double, ZONE, width=7)]
    assert sorted(seen) == [2 * number for number in range(1000)]


@pytest.mark.parametrize(("limit", "width"), [(0, WIDTH), (500, WIDTH), (20, 20), (1, 1)])
def test_no_more_items_are_under_way_than_are_asked_about_in_their_time(limit: int, width: int) -> None:
    assert width_for(limit) == width


async def test_nothing_in_gives_nothing_out() -> None:
    assert [judged async for judged in judge_all(numbers(0), double, ZONE)] == []


async def test_the_judge_is_given_the_resolver() -> None:
    async def look(_: int, resolver: Resolver) -> Result:
        return await resolver.lookup("example.com", RecordType.TXT)

    [found] = [judged async for judged in judge_all(numbers(1), look, ZONE)]
    assert found == Answer("example.com", RecordType.TXT, (txt("here"),))


async def test_a_slow_item_holds_up_nothing() -> None:
    async def first_is_slow(number: int, _: Resolver) -> int:
        await asyncio.sleep(0.5 if number == 0 else 0)
        return number

    seen = [judged async for judged in judge_all(numbers(300), first_is_slow, ZONE, width=3)]
    assert seen[-1] == 0
    assert sorted(seen) == list(range(300))


async def test_at_most_width_items_are_judged_at_once() -> None:
    at_once = most = 0

    async def count(_: int, __: Resolver) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.001)
        at_once -= 1

    async for _ in judge_all(numbers(100), count, ZONE, width=8):
        pass
    assert most == 8


async def test_a_slow_reader_slows_the_intake() -> None:
    taken_in = 0

    async def counted() -> AsyncIterator[int]:
        nonlocal taken_in
        async for number in numbers(10_000):
            taken_in += 1
            yield number

    taken_out = 0
    async with aclosing(judge_all(counted(), double, ZONE, width=10)) as judged:
        async for _ in judged:
            taken_out += 1
            await asyncio.sleep(0.002)
            assert taken_in - taken_out <= 11  # ten, and the one that waits for room
            if taken_out == 50:
                break


async def test_memory_is_flat_however_many_items_there_are() -> None:
    async def big(number: int, _: Resolver) -> bytes:
        await asyncio.sleep(0)
        return bytes(10_000)

    async def peak(count: int) -> int:
        tracemalloc.start()
        async for _ in judge_all(numbers(count), big, ZONE, width=20):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = await peak(200), await peak(8000)
    assert many < few + 200_000


async def test_an_item_over_its_deadline_still_comes_out() -> None:
    async def ask_thrice(number: int, resolver: Resolver) -> list[Result]:
        return [await resolver.lookup(f"{n}.{number}.example", RecordType.TXT) for n in range(3)]

    began = time.monotonic()
    seen = [judged async for judged in judge_all(numbers(5), ask_thrice, Silent(), deadline=0.1)]
    assert time.monotonic() - began < 1
    assert len(seen) == 5
    for cut_off, *not_sent in seen:
        assert isinstance(cut_off, LookupFailed)
        assert (cut_off.reason, cut_off.server) == (FailureReason.TIMEOUT, "")
        assert [(late.reason, late.server) for late in not_sent if isinstance(late, LookupFailed)] == [
            (FailureReason.TIMEOUT, TOO_LATE)
        ] * 2


async def test_a_failure_at_the_deadline_has_a_time() -> None:
    failure = await DeadlineResolver(Silent(), -1).lookup("example.com", RecordType.MX)
    assert abs(failure.at - time.time()) < 5


async def test_stopping_early_cancels_what_is_under_way_within_a_second() -> None:
    cancelled = 0

    async def hang(number: int, resolver: Resolver) -> int:
        nonlocal cancelled
        if number == 0:
            return 0
        try:
            await resolver.lookup("never.example", RecordType.A)
        except asyncio.CancelledError:
            cancelled += 1
            raise
        return number

    began = time.monotonic()
    async with aclosing(judge_all(numbers(1000), hang, Silent(), width=50)) as judged:
        async for _ in judged:
            await asyncio.sleep(0.05)
            break
    assert time.monotonic() - began < 1
    assert cancelled == 49
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_the_reader_ends_everything() -> None:
    async def read() -> None:
        async with aclosing(judge_all(numbers(1000), hang, ZONE, width=50)) as judged:
            async for _ in judged:
                raise AssertionError

    async def hang(_: int, __: Resolver) -> None:
        await asyncio.sleep(3600)

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("where", ["judge", "items"])
async def test_an_error_ends_it_and_is_raised(where: str) -> None:
    async def items() -> AsyncIterator[int]:
        async for number in numbers(100):
            if number == 50 and where == "items":
                raise ValueError("items")
            yield number

    async def judge(number: int, _: Resolver) -> int:
        await asyncio.sleep(0)
        if number == 50:
            raise ValueError("judge")
        return number

    with pytest.raises(ValueError, match=where):
        async for _ in judge_all(items(), judge, ZONE, width=5):
            pass
    assert len(asyncio.all_tasks()) == 1


async def test_a_judgement_that_cancels_itself_is_told_and_loses_no_item_quietly() -> None:
    async def judge(number: int, _: Resolver) -> int:
        if number == 3:
            raise asyncio.CancelledError
        return number

    with pytest.raises(RuntimeError, match="3"):
        async for _ in judge_all(numbers(100), judge, ZONE, width=2):
            pass
