"""What an exception carries beside its message: the frames it went through, with their variables."""

from __future__ import annotations

import traceback


def forget_locals(error: BaseException) -> None:
    """Clear the local variables of all that is over of the frames behind an exception and those it came from.

    Who reports errors may report variables too, and passwords were among them. Files and lines stay.
    """
    seen: set[int] = set()
    behind: list[BaseException | None] = [error]
    while behind:
        one = behind.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        behind += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            behind += one.exceptions
