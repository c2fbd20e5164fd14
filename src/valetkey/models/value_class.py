"""How the values inside of valetkey are made: as dataclasses, frozen for the type checker alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

__all__ = ["value_class"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value_class
else:

    def value_class(*, frozen, **options):
        """A dataclass whose values are made at every request. It is frozen for the type checker alone.

        At run time, a frozen dataclass sets each of its fields by a function call. Its values take three times as long
        to make, and a login makes some thirty.

        Args:
            frozen: whether the type checker refuses that a field is set.
            options: of ``dataclass``.
        """
        return dataclass(unsafe_hash=frozen, **options)
