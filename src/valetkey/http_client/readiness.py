"""Asks whether an idle connection has something to read, without waiting and without reading it."""

from __future__ import annotations

import selectors


def is_readable(descriptor: int) -> bool:
    """Return whether data, the end of the connection or an error is waiting to be read.

    ``selectors`` knows what the platform has: ``select.poll`` is missing on Windows and under eventlet, and
    ``select.select`` cannot handle descriptors above 1023. The class is looked up at each call, because gevent and
    eventlet replace it, perhaps after this module was imported.

    Args:
        descriptor: the descriptor of an open socket. A closed one counts as readable.
    """
    # A poll object needs no descriptor of its own, so it is the first choice.
    selector_type = getattr(selectors, "PollSelector", selectors.DefaultSelector)
    with selector_type() as selector:
        try:
            selector.register(descriptor, selectors.EVENT_READ)
        except (ValueError, KeyError, OSError):
            return True
        return bool(selector.select(0))
