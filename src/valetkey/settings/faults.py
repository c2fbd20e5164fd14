"""Collects what is wrong with the settings, so that one start names all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import NotConfigured, SettingsError


class Faults:
    """Sentences about settings, in the order in which they were found."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._missing = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, *sentences: str) -> None:
        """Add sentences. Each names a setting and never its value."""
        self._found += sentences

    def add_missing(self, *sentences: str) -> None:
        """Add sentences about settings that are required and not set."""
        self.add(*sentences)
        self._missing += len(sentences)

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
            SettingsError: there is a fault; the error names all of them. It is ``NotConfigured`` if each of them was
                added by ``add_missing``.
        """
        if self._found:
            kind = NotConfigured if self._missing == len(self._found) else SettingsError
            raise kind("\n".join(self._found))
