"""Reads JSON that has one reading only. RFC 8259."""

from __future__ import annotations

import json
import math
from typing import NoReturn


def parse_json(raw: bytes) -> object:
    """Read a JSON value in UTF-8.

    Integers are exact, however large. These have more than one reading, or none, and are refused:

    - a member that is named twice (RFC 8259 §4): readers differ in which one they take;
    - ``NaN``, ``Infinity`` and numbers that become infinite (§6): no comparison with them means anything.

    Raises:
        ValueError: it is no such value.
    """
    try:
        return json.loads(
            raw.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_not_json, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("too deep") from None


def parse_object(raw: bytes) -> dict[str, object]:
    """Read a JSON object, as ``parse_json`` does.

    Raises:
        ValueError: it is no such value, or another one.
    """
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def is_json(text: str) -> bool:
    """Return whether a text is a JSON value with one reading, as ``parse_json`` reads it."""
    try:
        parse_json(text.encode())
    except ValueError:  # also for half characters (surrogates), which UTF-8 does not have
        return False
    return True


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _not_json(word: str) -> NoReturn:
    raise ValueError("not a JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
