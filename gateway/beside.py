"""Work on several things at once, for what waits on the world outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def beside(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[list[tuple[Item, Result]]]:
    """What `work` gives for each item, those that end about the same time together, as soon as they end.

    One thread an item; a single item is worked on in the caller's own. What `work` raises is raised
    once all others have ended and were given.
    """
    if len(items) == 1:
        yield [(items[0], work(items[0]))]
        return
    fault: BaseException | None = None
    with ThreadPoolExecutor(max(1, len(items)), thread_name_prefix="beside") as pool:
        waiting = {pool.submit(work, item): item for item in items}
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            given = [(waiting.pop(future), future) for future in list(waiting) if future in done]
            fault = next((raised for _, one in given if (raised := one.exception())), fault)
            results = [(item, one.result()) for item, one in given if one.exception() is None]
            if results:
                yield results
    if fault is not None:
        raise fault
