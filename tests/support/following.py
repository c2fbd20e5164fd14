"""Which of valetkey's files hold a value while they run: in a local variable, or in anything that one leads to."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CellType, CoroutineType, FrameType, FunctionType, GeneratorType
from typing import Any, Self

import valetkey
from valetkey.crypto import Secret

ROOT = f"{Path(valetkey.__file__).parent}/"


class Following:
    """While this context lasts, every line that valetkey runs is stopped at, in every thread that starts in it.

    Args:
        text: the value. It must be one that every encoding on its way leaves as it is: letters, digits and hyphens.
        wrapped: whether a ``Secret`` counts as the value that it wraps.
    """

    def __init__(self, text: str, *, wrapped: bool = True) -> None:
        self._text, self._bytes, self._wrapped = text, text.encode(), wrapped
        self.files: set[str] = set()

    def __enter__(self) -> Self:
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        return self

    def __exit__(self, *failure: object) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]  # it takes None

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(ROOT):
            return None
        name = file.removeprefix(ROOT)
        if name not in self.files and self._holds([frame.f_locals, argument], set()):
            self.files.add(name)
        return None if name in self.files else self._trace

    def _holds(self, value: object, seen: set[int]) -> bool:
        if isinstance(value, str):
            return self._text in value
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes in bytes(value)
        if id(value) in seen:
            return False
        seen.add(id(value))
        return any(self._holds(one, seen) for one in list(self._inside(value)))

    def _inside(self, value: object) -> Iterable[object]:
        """What a value leads to. Objects that live as long as the app, such as the endpoints, are not entered."""
        if isinstance(value, Secret):
            return [getattr(value, "_value", None)] if self._wrapped else []  # it may be in its __init__
        if isinstance(value, Mapping):
            return [*value.keys(), *value.values()]
        if isinstance(value, list | tuple | set | frozenset):
            return value
        if is_dataclass(value) and not isinstance(value, type):
            return [getattr(value, one.name, None) for one in fields(value)]
        if isinstance(value, GeneratorType):
            return [value.gi_frame.f_locals] if value.gi_frame else []
        if isinstance(value, CoroutineType):
            return [value.cr_frame.f_locals] if value.cr_frame else []
        if isinstance(value, asyncio.Task):
            return [value.get_coro()]
        if isinstance(value, functools.partial):
            return [*value.args, *value.keywords.values(), value.func]
        if isinstance(value, FunctionType):
            return [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        if isinstance(value, BaseException):
            return value.args
        return []


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # its variable has no value yet
        return False
