"""Asks whether an idle connection has something to read, without waiting and without reading it."""

from __future__ import annotations

import select
import selectors


def is_readable(descriptor: int) -> bool:
    """Return whether data, the end of the connection or an error is waiting to be read.

    ``select.poll`` is missing on Windows and under eventlet, and ``select.select`` cannot handle descriptors above
    1023. ``selectors`` knows what else the platform has. Both are looked up at each call, because gevent and eventlet
    replace them, perhaps after this module was imported.

    Args:
        descriptor: the descriptor of an open socket. A closed one counts as readable.
    """
    new_poll = getattr(select, "poll", None)
    try:
        if new_poll is not None:  # it needs no descriptor of its own
            poll = new_poll()
            poll.register(descriptor, select.POLLIN)  # an end and an error are reported in any case
            return bool(poll.poll(0))
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            return bool(selector.select(0))
    except (ValueError, KeyError, OSError):
        return True
