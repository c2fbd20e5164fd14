"""OpenTelemetry: spans lose the query of our routes before they are exported.

How this works: an instrumentation opens its span before the request reaches us, and writes the whole address into one
of four attributes. So the address is replaced twice. In the current span, when a request arrives, which works with
every tracer provider. And in every span that ends, by a span processor that is added to the app's tracer provider. That
also finds requests that a middleware has answered in our place.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakSet

from ..once_per_minute import OncePerMinute
from .redaction import REMOVED, Redactor

log = logging.getLogger("valetkey")

_QUERY = "url.query"
_PATHS = ("url.path", "url.full", "http.target", "http.url")
_HEADERS = ("http.request.header.", "http.response.header.")
# The headers of our requests and answers that hold no secret.
_OPEN_HEADERS = frozenset(("accept", "content_length", "content_type", "host", "origin", "user_agent"))
_providers: WeakSet[Any] = WeakSet()


class SpanScrubber:
    """A span processor.

    Args:
        redactor: returns what knows our paths and cookies now.
    """

    def __init__(self, redactor: Callable[[], Redactor]) -> None:
        self._redactor = redactor
        self._failures = OncePerMinute()

    def on_start(self, span: Any, parent_context: object = None) -> None:
        """Nothing: the instrumentations write their attributes once more after the start."""

    def _on_ending(self, span: Any) -> None:
        try:
            changes = self.changes(span)
            if not changes:
                return
            # For set_attribute() the span has ended already.
            old = span._attributes
            new = type(old)(old.maxlen, {**old, **changes}, max_value_len=old.max_value_len)
            new.dropped = old.dropped
            span._attributes = new
        except Exception as fault:  # it would be the app's request that fails
            left_out = self._failures.count("span")
            if left_out is not None:
                log.warning("a span may show the query of a callback: %s (docs/logs.md)", type(fault).__name__)

    def on_end(self, span: object) -> None:
        """Nothing: the span cannot be changed any more."""

    def shutdown(self) -> None:
        """Nothing to do."""

    def force_flush(self, timeout_millis: int = 0) -> bool:
        """Nothing to do."""
        return True

    def scrub_current(self) -> None:
        """Scrub the current span, if it is being recorded."""
        trace = sys.modules.get("opentelemetry.trace")
        if trace is not None:
            span = trace.get_current_span()
            if span.is_recording():
                span.set_attributes(self.changes(span))

    def changes(self, span: Any) -> dict[str, object]:
        """The attributes of a span that must change, with their new values."""
        attributes: Mapping[str, Any] = getattr(span, "attributes", None) or {}
        redactor = self._redactor()
        ours = any(redactor.is_ours(str(attributes.get(name, ""))) for name in _PATHS)
        new: dict[str, object] = {}
        for name, value in attributes.items():
            replaced = value
            if ours and (name == _QUERY or _is_closed(name)):
                replaced = REMOVED if isinstance(value, str) else (REMOVED,)
            elif isinstance(value, str):
                replaced = redactor.text(value)
            elif isinstance(value, Sequence):
                replaced = tuple(redactor.text(one) if isinstance(one, str) else one for one in value)
            if replaced != value:
                new[name] = replaced
        return new


def install(scrubber: SpanScrubber, paths: Iterable[str]) -> bool:
    """Add the span processor to the app's tracer provider.

    Args:
        scrubber: the processor.
        paths: where the routes are.

    Returns:
        Whether this version of OpenTelemetry calls it. True where there is no provider that records, and where the
        app has no spans of our routes.
    """
    sdk, trace = sys.modules.get("opentelemetry.sdk.trace"), sys.modules.get("opentelemetry.trace")
    if sdk is None or trace is None:
        return True
    provider = trace.get_tracer_provider()
    if not isinstance(provider, sdk.TracerProvider):
        return True
    if provider not in _providers:
        _providers.add(provider)
        provider.add_span_processor(scrubber)
    return hasattr(sdk.SpanProcessor, "_on_ending") or any(
        path in value
        for name, value in os.environ.items()
        if name.startswith("OTEL_PYTHON_") and name.endswith("EXCLUDED_URLS")
        for path in paths
    )


def _is_closed(name: str) -> bool:
    return name.startswith(_HEADERS) and name.rpartition(".")[2].replace("-", "_") not in _OPEN_HEADERS
