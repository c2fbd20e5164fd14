"""What the start-up check and the code that answers its requests know of each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from .in_process import AppReply


class Run:
    """A start-up check that is under way.

    Attributes:
        arrived: where the first of its requests arrived at the routes. None: none did.
        error: the exception that the framework has answered to the present request.
    """

    def __init__(self) -> None:
        self.arrived: str | None = None
        self.error: Exception | None = None

    def with_error(self, reply: AppReply) -> AppReply:
        """Return the reply with the exception that was noted for it, if it is an error."""
        error, self.error = self.error, None
        return replace(reply, error=error) if error is not None and reply.status == 500 else reply


# A middleware may run the app in another task or thread, which gets a copy of the context.
_current: ContextVar[Run | None] = ContextVar("valetkey_startup_check", default=None)


def current_run() -> Run | None:
    """Return the check whose request is being answered. None for any other request. No client can make one of these."""
    return _current.get()


def note_exception(error: object) -> None:
    """Keep the exception for the check, if this is a request of one. For a framework that answers exceptions itself."""
    run = _current.get()
    if run is not None and isinstance(error, Exception):
        run.error = error


@contextmanager
def running() -> Iterator[Run]:
    """Mark the requests of a block as those of a check."""
    run = Run()
    token = _current.set(run)
    try:
        yield run
    finally:
        _current.reset(token)
