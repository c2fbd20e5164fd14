"""Random values are handed out once: in every thread, and on both sides of a fork."""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from valetkey.crypto import randomness
from valetkey.crypto.randomness import random_bytes, random_hex, random_id


def test_their_form() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", random_id())
    assert re.fullmatch(r"[0-9a-f]{32}", random_hex())
    assert [len(random_bytes(count)) for count in (1, 16, 1000, 5000)] == [1, 16, 1000, 5000]


def test_no_value_comes_twice() -> None:
    """Also not around the end of a piece, and not in two threads."""
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: [random_bytes(7) for _ in range(2000)], range(8)))
    every = [one for some in drawn for one in some]
    assert len(set(every)) == len(every)


def test_two_threads_that_ask_the_system_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking it passes Python's lock on. The other thread waits, and gets bytes of its own."""
    monkeypatch.setattr(randomness, "_source", randomness._Source())
    draw, both = os.urandom, threading.Barrier(2)

    def slowly(count: int) -> bytes:
        drawn = draw(count)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # for the other one, if it may come here, too
        return drawn

    monkeypatch.setattr(os, "urandom", slowly)
    for _ in range(2):
        both.reset()
        randomness._source._used = len(randomness._source._bytes)
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda _: random_bytes(16), range(2))
        assert both.broken  # only one was there
        assert first != second


def test_the_system_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def draw(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    monkeypatch.setattr(randomness, "_source", randomness._Source())
    monkeypatch.setattr(os, "urandom", draw)
    for _ in range(200):
        random_bytes(16)
    assert sum(asked) >= 200 * 16
    assert len(asked) == 4


def test_a_child_does_not_repeat_its_parent() -> None:
    random_bytes(16)  # there are bytes left that both sides have
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writable, b"".join(random_bytes(16) for _ in range(20)))
        os._exit(0)
    os.close(writable)
    theirs = os.read(readable, 320)
    os.close(readable)
    os.waitpid(child, 0)
    ours = {random_bytes(16) for _ in range(20)}
    assert len(theirs) == 320
    assert ours.isdisjoint(theirs[start : start + 16] for start in range(0, 320, 16))
