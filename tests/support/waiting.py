"""Waits for what another thread, process or browser does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(
    fact: Callable[[], T | None], seconds: float = 10.0, *, every: float = 0.02, what: str = "what was waited for"
) -> T:
    """What ``fact`` returns, as soon as that is true.

    Raises:
        AssertionError: it did not come true in time.
    """
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(every)
    return found


def seconds_until(fact: Callable[[], object], seconds: float = 10.0) -> float:
    """How long it took to come true, to a few milliseconds.

    Raises:
        AssertionError: as ``wait_for``.
    """
    began = time.monotonic()
    wait_for(lambda: bool(fact()), seconds, every=0.005)
    return time.monotonic() - began
