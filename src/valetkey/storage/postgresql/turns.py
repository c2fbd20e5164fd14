"""Who is next, among the threads of a process: first come, first served.

Why not the standard library's: a thread that has just ended its turn by a ``Lock`` or a ``Semaphore`` may take the next
one before the thread that was woken for it runs, which then waits anew, behind everybody. In a crowd some wait so for
longer than a verb may take, while nobody else waits at all.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A semaphore that is given to whoever has waited longest.

    Args:
        count: how many threads have it at the same time.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._changing = threading.Lock()  # held for moments only
        self._waiting: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._waiting)

    def take(self, seconds: float) -> bool:
        """Wait for this thread's turn, for at most this long.

        Returns:
            Whether it has come.
        """
        with self._changing:
            if self._free:  # then nobody waits
                self._free -= 1
                return True
            called = threading.Lock()
            called.acquire()  # until it is called
            self._waiting.append(called)
        try:
            if called.acquire(timeout=max(seconds, 0)):
                return True
        except BaseException:  # an interrupt
            if self._was_called(called):
                self.end()
            raise
        return self._was_called(called)

    def end(self) -> None:
        """End this thread's turn, and call who has waited longest."""
        with self._changing:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _was_called(self, called: threading.Lock) -> bool:
        """Whether the turn came in the last moment. The thread waits no longer."""
        with self._changing:
            if called in self._waiting:
                self._waiting.remove(called)
                return False
            return True
