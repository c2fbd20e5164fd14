"""Asks whether something has arrived on a connection, without waiting and without reading it."""

from __future__ import annotations

import selectors


def has_arrived(descriptor: int) -> bool:
    """Whether there is data, an end or an error to be read.

    ``selectors`` knows what the platform has: ``select.poll`` is missing on Windows and under eventlet, and
    ``select.select`` cannot look at descriptors above 1023. The class is looked up at each call, because gevent and
    eventlet replace it, perhaps after this module was imported.

    Args:
        descriptor: of an open socket; a closed one counts as ended.
    """
    # A poll object costs no descriptor of its own, so it is the first choice.
    kind = getattr(selectors, "PollSelector", selectors.DefaultSelector)
    with kind() as selector:
        try:
            selector.register(descriptor, selectors.EVENT_READ)
        except (ValueError, KeyError, OSError):
            return True
        return bool(selector.select(0))
