"""Secrets: a wrapper that does not print, a comparison in constant time, and the keys of ``VALETKEY_SECRET``.

This module imports no cryptography, so that ``import valetkey`` stays quick; ``keys`` does.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """A value that must not reach a log, a page or a ``repr``. ``reveal()`` is the one way to it, and greppable."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> NoReturn:
        # == would leak timing, and an accidental comparison is nearly always a bug.
        raise TypeError("secrets do not compare; use constant_time_equals()")

    __hash__ = None  # type: ignore[assignment]  # a secret is nobody's key

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets do not pickle")


def constant_time_equals(left: str | None, right: str | None) -> bool:
    """Whether two values are equal, in constant time. Absent never equals anything, not even absent."""
    if left is None or right is None or not left or not right:
        return False
    return hmac.compare_digest(left.encode(), right.encode())
