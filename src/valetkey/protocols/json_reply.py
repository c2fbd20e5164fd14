"""Reads a provider's reply in JSON: its metadata, its keys, a profile."""

from __future__ import annotations

from .http import HttpResponse
from .refusals import refusal
from .replies import Step, unusable
from .strict_json import parse_json


def read_json(response: HttpResponse, *, step: Step) -> dict[str, object]:
    """Read a JSON object with status 200.

    Raises:
        ProviderError, SuspendedAtProvider: as ``read_json_value``, or it is another JSON value.
    """
    value = read_json_value(response, step=step)
    if not isinstance(value, dict):
        raise unusable(response, step, "one JSON object")
    return value


def read_json_value(response: HttpResponse, *, step: Step) -> object:
    """Read a JSON value with status 200.

    Raises:
        ProviderError, SuspendedAtProvider: refused, unavailable, or not JSON with one reading (``strict_json``).
    """
    if response.status != 200:
        raise refusal(response, step=step)
    try:
        return parse_json(response.body)
    except ValueError:
        raise unusable(response, step, "JSON") from None
