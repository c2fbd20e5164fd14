"""Judges an exception of the app: whether it is passing, and which line raised it.

The exception's text is left out, because it may hold a secret.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from traceback import walk_tb

from ...errors import StoreError

_OURS = str(Path(__file__).parents[2])
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


# Every driver's error of the database itself is one of these. PEP 249.
_DATABASE_ERRORS = {"DatabaseError", "InterfaceError"}


def is_passing(error: BaseException | None) -> bool:
    """Return whether an exception says that a database or another server does not answer yet, or has no tables yet."""
    if isinstance(error, (StoreError, ConnectionError)):
        return True
    return any(kind.__name__ in _DATABASE_ERRORS for kind in type(error).__mro__)


def blame(error: BaseException) -> str:
    """Return the exception's type and where the app raised it: ``KeyError, raised at app/middleware.py:12``.

    The line is the innermost one that belongs to the app. If all lines belong to installed packages, it is the
    innermost of them. The path is absolute.
    """
    lines = [
        f"{frame.f_code.co_filename}:{number}"
        for frame, number in walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith((_OURS, "<"))
    ]
    own = [line for line in lines if not line.startswith(_INSTALLED)]
    where = next(reversed(own or lines), None)
    return type(error).__name__ + (f", raised at {where}" if where else "")
