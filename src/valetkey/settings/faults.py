"""Collects what is wrong with the settings, so that one start names all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import SettingsError


class Faults:
    """Sentences about settings, in the order in which they were found."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, *sentences: str) -> None:
        """Add sentences. Each names a setting and never its value."""
        self._found += sentences

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Collect what a block raises as a ``SettingsError``. The rest of the block is not run."""
        try:
            yield
        except SettingsError as error:
            self.add(error.hint)

    def raise_any(self) -> None:
        """Raise one error for everything that was collected. Do nothing if there is no fault.

        Raises:
            SettingsError: there is a fault; the error names all of them.
        """
        if self._found:
            raise SettingsError("\n".join(self._found))
