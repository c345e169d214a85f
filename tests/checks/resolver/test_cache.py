"""What is kept, for how long, and who shares a query."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, RecordType, Result, txt
from checks.resolver.cache import Bounds, Cache, Key, weight

BOUNDS = Bounds(shortest=5, longest=1000, longest_no=100, failure=10)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Questions:
    """Answers what is asked of it, and keeps count; waits for `gate` first."""

    def __init__(self, answer: Callable[[str], Result]) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.began = asyncio.Event()

    async def __call__(self, name: str) -> Result:
        self.asked.append(name)
        self.began.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.answer(name)


def key(name: str) -> Key:
    return name, RecordType.TXT


def found(ttl: int = 300) -> Callable[[str], Result]:
    return lambda name: Answer(name, RecordType.TXT, (txt("v=spf1 -all"),), ttl)


def absent(ttl: int) -> Callable[[str], Result]:
    return lambda name: Absent(name, RecordType.TXT, True, ttl)


def failed(name: str) -> Result:
    return LookupFailed(name, RecordType.TXT, FailureReason.SERVFAIL)


async def get(cache: Cache, questions: Questions, name: str = "a.test") -> Result:
    return await cache.get(key(name), lambda: questions(name))


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (found(300), 300),
        (found(0), 5),
        (found(2**31 - 1), 1000),
        (absent(60), 60),
        (absent(0), 5),
        (absent(86400), 100),
        (failed, 10),
    ],
)
async def test_a_result_is_kept_for_its_ttl_within_bounds(
    answer: Callable[[str], Result], seconds: int
) -> None:
    clock = Clock()
    cache, questions = Cache(BOUNDS, clock=clock), Questions(answer)
    await get(cache, questions)
    clock.time += seconds - 0.1
    await get(cache, questions)
    assert len(questions.asked) == 1
    clock.time += 0.2
    await get(cache, questions)
    assert len(questions.asked) == 2


async def test_names_and_types_are_kept_apart() -> None:
    cache, questions = Cache(BOUNDS), Questions(found())
    for name, type in (("a", RecordType.A), ("a", RecordType.TXT), ("b", RecordType.A)):
        await cache.get((name, type), partial(questions, name))
    assert questions.asked == ["a", "a", "b"]


async def test_askers_at_one_time_share_one_query() -> None:
    cache, questions = Cache(BOUNDS), Questions(found())
    results = await asyncio.gather(*(get(cache, questions) for _ in range(50)))
    assert len(questions.asked) == 1
    assert all(result is results[0] for result in results)


async def _wait_for_a_query(cache: Cache, questions: Questions, askers: int) -> list[asyncio.Task[Result]]:
    questions.gate.clear()
    tasks = [asyncio.create_task(get(cache, questions)) for _ in range(askers)]
    await questions.began.wait()
    return tasks


async def _cancel(*tasks: asyncio.Task[Result]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)


@pytest.mark.parametrize("leaves", [0, 1, 2])
async def test_one_who_leaves_takes_nothing_from_the_others(leaves: int) -> None:
    cache, questions = Cache(BOUNDS), Questions(found())
    tasks = await _wait_for_a_query(cache, questions, 3)
    await _cancel(tasks.pop(leaves))
    questions.gate.set()
    assert [type(result) for result in await asyncio.gather(*tasks)] == [Answer, Answer]
    assert len(questions.asked) == 1


async def test_a_query_that_nobody_waits_for_ends() -> None:
    cache, questions = Cache(BOUNDS), Questions(found())
    await _cancel(*await _wait_for_a_query(cache, questions, 3))
    await asyncio.sleep(0)
    assert questions.cancelled == 1
    assert len(cache) == 0


async def test_one_who_comes_while_a_query_ends_starts_another() -> None:
    cache, questions = Cache(BOUNDS), Questions(found())
    (task,) = await _wait_for_a_query(cache, questions, 1)
    task.cancel()
    next_one = asyncio.create_task(get(cache, questions))
    await asyncio.gather(task, return_exceptions=True)
    questions.gate.set()
    assert isinstance(await next_one, Answer)


async def test_a_query_cancelled_before_it_began_holds_up_nobody() -> None:
    cache, questions = Cache(BOUNDS), Questions(found())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await get(cache, questions)
    async with asyncio.timeout(5):
        assert isinstance(await get(cache, questions), Answer)


async def test_a_bug_reaches_everybody_and_is_not_kept() -> None:
    def bug(name: str) -> Result:
        raise ZeroDivisionError

    cache, questions = Cache(BOUNDS), Questions(bug)
    errors = await asyncio.gather(*(get(cache, questions) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in errors] == [ZeroDivisionError] * 3
    questions.answer = found()
    assert isinstance(await get(cache, questions), Answer)


async def test_what_was_not_used_for_longest_goes_first() -> None:
    room_for_two = Bounds(memory=2 * weight(found()("a.test")))
    cache, questions = Cache(room_for_two), Questions(found())
    for name in ("a", "b", "a", "c", "a", "b"):
        await get(cache, questions, name)
    assert questions.asked == ["a", "b", "c", "b"]
    assert len(cache) == 2


async def test_large_answers_take_more_room() -> None:
    def large(name: str) -> Result:
        return Answer(name, RecordType.TXT, (txt("x" * 60_000),))

    cache, questions = Cache(Bounds(memory=1_000_000)), Questions(large)
    for number in range(100):
        await get(cache, questions, str(number))
    assert len(cache) < 20


async def test_an_answer_larger_than_the_memory_is_given_and_not_kept() -> None:
    cache, questions = Cache(Bounds(memory=10)), Questions(found())
    assert isinstance(await get(cache, questions), Answer)
    assert len(cache) == 0


async def test_closing_ends_the_queries_under_way() -> None:
    cache, questions = Cache(BOUNDS), Questions(found())
    tasks = await _wait_for_a_query(cache, questions, 2)
    await cache.aclose()
    assert questions.cancelled == 1
    assert all(
        isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(*tasks, return_exceptions=True)
    )
