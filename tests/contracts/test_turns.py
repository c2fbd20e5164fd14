"""First come, first served: nobody waits for a turn while others have one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.waiting import wait_for

from valetkey.http_client.runner import ThreadRunner
from valetkey.storage.postgresql.executors import ThreadExecutor, _ThreadSlots
from valetkey.storage.postgresql.turns import Turns


def waits(turns: Turns, for_: Callable[[], object]) -> threading.Thread:
    """A thread that waits for a turn, behind all that wait by now."""
    before = turns.waiting
    thread = threading.Thread(target=for_)
    thread.start()
    wait_for(lambda: turns.waiting > before)
    return thread


def test_who_has_waited_longest_is_next() -> None:
    """Though whoever ended a turn asks for the next one before the others have woken."""
    turns, served = Turns(2), list[int]()
    assert turns.take(0)
    assert turns.take(0)

    def be_served(number: int) -> None:
        assert turns.take(10)
        served.append(number)
        assert not turns.take(0)
        turns.end()

    threads = [waits(turns, lambda number=number: be_served(number)) for number in range(5)]  # type: ignore[misc]
    turns.end()
    assert not turns.take(0)
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]
    turns.end()
    assert [turns.take(0) for _ in range(3)] == [True, True, False]


def test_who_waits_no_longer_is_passed_over() -> None:
    turns, waited = Turns(1), list[bool]()
    assert turns.take(0)
    impatient = waits(turns, lambda: waited.append(turns.take(0.05)))
    patient = waits(turns, lambda: waited.append(turns.take(10)))
    impatient.join()
    assert waited == [False]
    turns.end()
    patient.join()
    assert waited == [False, True]
    turns.end()
    assert turns.take(0)


def test_a_crowd_that_comes_and_goes_loses_no_turn() -> None:
    """Some are called in the very moment in which they give up."""
    turns, inside, most = Turns(3), list[int](), list[int]()

    def come(number: int) -> None:
        for turn in range(200):
            if turns.take(0.0002 * (turn % 4)):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)
                turns.end()

    threads = [threading.Thread(target=come, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= max(most) <= 3
    assert turns.waiting == 0
    assert [turns.take(0) for _ in range(4)] == [True, True, True, False]


def test_an_interrupt_loses_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that comes when the thread has just been called."""
    turns = Turns(1)
    assert turns.take(0)

    class Interrupted:
        """A lock whose wait ends so."""

        def __init__(self) -> None:
            self.taken = False

        def acquire(self, timeout: float = -1) -> bool:
            if self.taken:
                if called_first:
                    turns.end()
                raise KeyboardInterrupt
            self.taken = True
            return True

        def release(self) -> None: ...

    for called_first in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr("valetkey.storage.postgresql.turns.threading.Lock", Interrupted)
            with pytest.raises(KeyboardInterrupt):
                turns.take(10)
        if not called_first:
            turns.end()
        assert turns.waiting == 0
        assert [turns.take(0), turns.take(0)] == [True, False]


def test_a_connection_is_for_who_has_waited_longest() -> None:
    """Of the pool of a blocking app: not for the thread that has given it back and asks again."""
    slots = ThreadExecutor().slots(1)
    assert isinstance(slots, _ThreadSlots)
    run, served = ThreadRunner().run, list[str]()
    run(slots.take(0))

    def be_served() -> None:
        ThreadRunner().run(slots.take(10))
        served.append("another")

    other = waits(slots._turns, be_served)
    slots.give_back()
    with pytest.raises(TimeoutError, match="all connections to the database are in use"):
        run(slots.take(0))
    other.join()
    assert served == ["another"]
