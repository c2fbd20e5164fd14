"""Engines that are lent to one module after the other, and started anew where one is stuck."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from .engines import ENGINES


class Started:
    """An engine that can be started anew: drivers get stuck now and then, which says nothing about a login."""

    def __init__(self, name: str) -> None:
        self.name, self.stack = name, ExitStack()
        self.engine = self.stack.enter_context(ENGINES[name]())

    @property
    def is_blank(self) -> bool:
        """Whether it still answers, and no window is left of what was before."""
        try:
            return self.engine.windows() == []
        except Exception:  # each driver has its own, and sockets have more
            return False

    def restart(self) -> None:
        self.stop()
        self.engine = self.stack.enter_context(ENGINES[self.name]())

    def stop(self) -> None:
        with suppress(Exception):
            self.stack.close()


class Lender:
    """Browsers for one module after the other, which leave them without cookies and windows (``forget``).

    Firefox and WebKit take seconds to start, so that a worker starts each once. Chromium ends with the module: while
    Playwright runs, its thread has a loop, and no other can run there.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Started] = {}

    @contextmanager
    def lend(self, name: str) -> Iterator[Started]:
        if name == "chromium":
            started = Started(name)
            yield started
            started.stop()
            return
        if name not in self._kept:
            self._kept[name] = Started(name)
        elif not self._kept[name].is_blank:
            self._kept[name].restart()
        yield self._kept[name]

    def stop(self) -> None:
        for started in self._kept.values():
            started.stop()
