"""Sentry: an event processor that removes secrets from every event before it is sent.

How this works:

- Sentry records the query of a request, and the local variables of every frame of a traceback. Its own scrubber looks
  at the names of variables, and knows none of ours.
- The processor is added to Sentry's own list, so it runs for error events and transactions, before the app's
  ``before_send``.
- An event of a request to one of our routes loses its query, body and cookies. Frames of valetkey lose their variables,
  and so do the frames above them, such as those of middleware, which hold the same request. Frames below, such as those
  of ``resolve_account``, keep theirs.
- Every other text of every event loses session tokens, our cookies and the queries of our routes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from .redaction import REMOVED, Redactor

Event = dict[str, Any]

_PACKAGE = __name__.partition(".")[0]
_QUERIES = ("query_string", "http.query", "url.query")
_OF_A_REQUEST = ("data", "cookies", *_QUERIES)


class SentryScrubber:
    """The event processor.

    Args:
        redactor: returns what knows our paths and cookies now.
    """

    def __init__(self, redactor: Callable[[], Redactor]) -> None:
        self._redactor = redactor

    def __call__(self, event: Event, hint: object) -> Event:
        redactor = self._redactor()
        request = event.get("request") or {}
        ours = redactor.is_ours(str(request.get("url", "")))
        if ours:
            for name in _OF_A_REQUEST:
                request.pop(name, None)
        self._add_own_stack(event, ours=ours)
        for frames in _stacks(event):
            _remove_variables(frames, ours=ours)
        for key, value in event.items():
            event[key] = _scrubbed(value, redactor, ours=ours)
        return event

    def _add_own_stack(self, event: Event, *, ours: bool) -> None:
        """With ``attach_stacktrace`` Sentry adds a stack with all variables after the processors have run, unless the
        event has one. In our requests it gets one without variables."""
        sdk = sys.modules.get("sentry_sdk")
        if sdk is None or event.get("type") or any(key in event for key in ("exception", "stacktrace", "threads")):
            return
        if (ours or _is_running()) and sdk.get_client().options.get("attach_stacktrace"):
            stack = sys.modules["sentry_sdk.utils"].current_stacktrace(include_local_variables=False)
            event["threads"] = {"values": [{"stacktrace": stack, "crashed": False, "current": True}]}


def install(sdk: ModuleType, scrubber: SentryScrubber) -> bool:
    """Add the event processor.

    Args:
        sdk: the module ``sentry_sdk``.
        scrubber: the processor.

    Returns:
        Whether this version of Sentry has a place for it.
    """
    if not hasattr(sdk, "get_global_scope"):  # before version 2
        return False
    sdk.get_global_scope().add_event_processor(scrubber)
    return True


def _stacks(event: Event) -> Iterator[list[Event]]:
    """Every list of frames in an event, outermost frame first."""
    holders = [event]
    for kind in ("exception", "threads"):
        found = event.get(kind) or {}
        holders += found.get("values") or [] if isinstance(found, dict) else found
    for holder in holders:
        stack = holder.get("stacktrace")
        if stack and stack.get("frames"):
            yield stack["frames"]


def _remove_variables(frames: list[Event], *, ours: bool) -> None:
    innermost = max((number for number, frame in enumerate(frames) if _is_of_valetkey(frame)), default=-1)
    if innermost < 0 and ours:  # a middleware failed before it called us
        innermost = len(frames)
    for frame in frames[: innermost + 1]:
        frame.pop("vars", None)


def _is_of_valetkey(frame: Event) -> bool:
    return str(frame.get("module", "")).partition(".")[0] == _PACKAGE


def _is_running() -> bool:
    """Whether a function of valetkey is on the stack, apart from this module."""
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        name = str(frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] == _PACKAGE and name != __name__:
            return True
    return False


def _scrubbed(value: Any, redactor: Redactor, *, ours: bool) -> Any:
    if isinstance(value, str):
        return redactor.text(value, in_our_request=ours)
    if isinstance(value, bytes):
        return redactor.text(repr(value), in_our_request=ours)
    if isinstance(value, dict):
        return {
            key: REMOVED if ours and key in _QUERIES else _scrubbed(one, redactor, ours=ours)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_scrubbed(one, redactor, ours=ours) for one in value]
    return value
