"""Keeps secrets out of what other tools record about our requests: access logs, traces, error reports.

How this works: a record that is made of a request after we have answered it shows no query, because the adapters empty
it. But a server may keep the line that it has read, a tool may look at the request before we do, and a middleware may
answer in our place. So the records themselves are scrubbed: log lines by filters, spans by a span processor, Sentry's
events by a scrubber. ``watch`` finds the tools among the loaded modules. It runs when the app is built and
again with every request to our routes, because a tool may be loaded later, and is quick when there is nothing new.
"""

from __future__ import annotations

import logging
import sys

from ...settings import Settings
from .. import logs
from ..once_per_minute import OncePerMinute
from . import access_logs, open_telemetry, sentry
from .redaction import Redactor

log = logging.getLogger("valetkey")

_NOT_SCRUBBED = {
    "sentry_sdk": "sentry-sdk is older than 2.0, and its events would show the codes and verifiers of callbacks. "
    "Upgrade it, or let a before_send and a before_send_transaction drop the events of requests below %s/.",
    "opentelemetry.sdk.trace": "opentelemetry-sdk is older than 1.40. If a middleware answers a callback in our place, "
    "the span shows its code or verifier. Upgrade it, or set OTEL_PYTHON_EXCLUDED_URLS=%s/.",
}


class Records:
    """What the tools of this process record about the routes of all apps in it.

    Attributes:
        redactor: knows the paths and cookies of all of them.
    """

    def __init__(self) -> None:
        self._paths: frozenset[str] = frozenset()
        self._cookies: frozenset[str] = frozenset()
        self.redactor = Redactor(self._paths, self._cookies)
        self._spans = open_telemetry.SpanScrubber(lambda: self.redactor)
        self._warned: set[str] = set()
        self._failures = OncePerMinute()

    def add(self, settings: Settings) -> None:
        """Add an app."""
        self._paths |= {settings.prefix, settings.public_prefix}  # which differ where SCRIPT_NAME is set
        self._cookies |= {settings.cookie}
        self.redactor = Redactor(self._paths, self._cookies)
        access_logs.filter_paths(self._paths)
        self.watch()

    def watch(self) -> None:
        """Look for tools that were loaded since the last time, and scrub the current span.

        What goes wrong in that is logged. It must not fail the request.
        """
        try:
            self._watch()
        except Exception as fault:
            left_out = self._failures.count("watch")
            if left_out is not None:
                log.warning("a record may show the query of a callback: %s (docs/logs.md)", type(fault).__name__)

    def _watch(self) -> None:
        access_logs.wrap_servers(self._strip)
        if "sentry_sdk" in sys.modules:
            self._installed("sentry_sdk", sentry.install(lambda: self.redactor))
        if "opentelemetry.sdk.trace" in sys.modules:
            self._installed("opentelemetry.sdk.trace", open_telemetry.install(self._spans, self._paths))
            self._spans.scrub_current()

    def _installed(self, name: str, is_scrubbed: bool) -> None:
        if not is_scrubbed and name not in self._warned:
            self._warned.add(name)
            log.warning(_NOT_SCRUBBED[name], min(self._paths, default=""))

    def _strip(self, line: str) -> str:
        for path in self._paths:
            line = logs.QueryFilter(f"{path}/").strip(line)
        return line


records = Records()
