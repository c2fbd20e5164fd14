"""Sentry: every event loses our secrets before it is sent.

How this works:

- Sentry records the query of a request, and the local variables of every frame of a traceback. Its own scrubber looks
  at the names of variables, and knows none of ours.
- An event processor would run too early: the integrations add the request, and Sentry itself adds a stack, after it. So
  the client's ``event_scrubber`` is wrapped. It runs last, for error events and transactions, before the app's
  ``before_send``. Where spans are sent by themselves (``trace_lifecycle="stream"``), ``before_send_span`` is wrapped.
- An event of a request to one of our routes loses its query, body and cookies. Frames of valetkey lose their variables,
  and so do the frames above them, such as those of middleware, which hold the same request. Frames below, such as those
  of ``resolve_account``, keep theirs.
- Every other text of every event loses session tokens, our cookies and the queries of our routes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from .redaction import REMOVED, Redactor

Event = dict[str, Any]

_PACKAGE = __name__.partition(".")[0]
_QUERIES = ("query_string", "http.query", "url.query")
_OF_A_REQUEST = ("data", "cookies", *_QUERIES)
_HARMLESS = {"event_id", "timestamp", "level", "platform", "type", "environment", "release", "sdk"}
_DEEPEST = 60  # Sentry itself cuts off what is deeper than a dozen levels


class SentryScrubber:
    """An event scrubber around the one that a client has.

    Args:
        redactor: returns what knows our paths and cookies now.
        inner: the client's scrubber. None: it has none.
    """

    def __init__(self, redactor: Callable[[], Redactor], inner: Any) -> None:
        self._redactor = redactor
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def scrub_event(self, event: Event) -> None:
        """Remove secrets from an event. If that fails, nothing of what it says remains, and the app's call goes on."""
        if self._inner is not None:
            self._inner.scrub_event(event)
        try:
            self._scrub(event)
        except Exception:
            for name in set(event) - _HARMLESS:
                del event[name]
            event["message"] = "valetkey could not remove its secrets from this event, so that nothing of it is shown."

    def _scrub(self, event: Event) -> None:
        redactor = self._redactor()
        request = event.get("request") or {}
        stacks = list(_stacks(event))
        ours = redactor.is_ours(str(request.get("url", ""))) or any(
            _is_path_of_ours(frame.get("vars"), redactor) for frames in stacks for frame in frames
        )
        if ours:
            for name in _OF_A_REQUEST:
                request.pop(name, None)
        for frames in stacks:
            _remove_variables(frames, ours=ours)
        for key, value in event.items():
            event[key] = _scrubbed(value, redactor, ours=ours)


class SpanScrubber:
    """A ``before_send_span`` around the one that a client has.

    Args:
        redactor, inner: as for ``SentryScrubber``.
    """

    def __init__(self, redactor: Callable[[], Redactor], inner: Any) -> None:
        self._redactor = redactor
        self._inner = inner

    def __call__(self, span: Event, hint: object) -> Event:
        changed = span if self._inner is None else self._inner(span, hint)
        # Without a usable answer Sentry keeps the span as it was.
        scrubbed: Event = _scrubbed(changed if isinstance(changed, dict) else span, self._redactor(), ours=False)
        return scrubbed


def install(redactor: Callable[[], Redactor]) -> bool:
    """Wrap the scrubber of the active client, unless it is wrapped.

    Args:
        redactor: as for ``SentryScrubber``.

    Returns:
        Whether the client has a place for it. True where no client is active.
    """
    client = getattr(sys.modules["sentry_sdk"], "get_client", lambda: None)()
    if client is None:  # before version 2
        return False
    if not client.is_active():
        return True
    if "event_scrubber" not in client.options:
        return False
    options = client.options
    if not isinstance(options["event_scrubber"], SentryScrubber):
        options["event_scrubber"] = SentryScrubber(redactor, options["event_scrubber"])
    if "before_send_span" in options and not isinstance(options["before_send_span"], SpanScrubber):
        options["before_send_span"] = SpanScrubber(redactor, options["before_send_span"])
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


def _is_path_of_ours(variables: Any, redactor: Redactor, deepest: int = _DEEPEST) -> bool:
    """Whether variables have the scope or the environ of a request to one of our routes. An event may have no other
    sign of it."""
    if not isinstance(variables, dict) or not deepest:
        return False
    return any(
        redactor.is_ours(str(value).strip("'"))
        if name in ("path", "PATH_INFO")
        else _is_path_of_ours(value, redactor, deepest - 1)
        for name, value in variables.items()
    )


def _scrubbed(value: Any, redactor: Redactor, *, ours: bool, deepest: int = _DEEPEST) -> Any:
    if not deepest:  # a body of the client's may have any depth, and a value of the app's may contain itself
        return REMOVED
    if isinstance(value, str):
        return redactor.text(value, in_our_request=ours)
    if isinstance(value, bytes):
        return redactor.text(repr(value), in_our_request=ours)
    if isinstance(value, dict):
        # Spans and breadcrumbs have a query beside its address.
        ours = ours or any(isinstance(one, str) and redactor.is_ours(one) for one in value.values())
        return {
            key: REMOVED
            if (ours and key in _QUERIES) or redactor.is_cookie(key)
            else _scrubbed(one, redactor, ours=ours, deepest=deepest - 1)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_scrubbed(one, redactor, ours=ours, deepest=deepest - 1) for one in value]
    if hasattr(value, "value") and hasattr(value, "metadata"):  # Sentry's AnnotatedValue
        value.value = _scrubbed(value.value, redactor, ours=ours, deepest=deepest - 1)
    return value
