"""``Secret``, whose ``repr`` hides its value, and a comparison in constant time. ``crypto.keys`` has the app's keys.

This module does not import the cryptography library, so that ``import valetkey`` stays quick.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """A text that must not get into a log, a page or a ``repr``.

    Args:
        value: the text. Only ``reveal()`` returns it, so that every use is easy to find.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> NoReturn:
        # == takes time that depends on the values, and a comparison by accident is nearly always a bug.
        raise TypeError("secrets do not compare; use constant_time_equals()")

    __hash__ = None  # type: ignore[assignment]  # a secret cannot be the key of a dict

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets do not pickle")


def constant_time_equals(left: str | None, right: str | None) -> bool:
    """Compare two texts in constant time.

    Returns:
        True if both are present and equal. None and the empty text equal nothing, not even each other.
    """
    if left is None or right is None or not left or not right:
        return False
    return hmac.compare_digest(left.encode(), right.encode())
