"""Access logs: the servers' lines lose the queries of our routes.

Most servers log through ``logging``, where a filter applies. daphne, eventlet and gevent write the line that they read
to a stream, so the methods that make their lines are wrapped.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from .. import logs

_LOGGERS = (
    "django.channels.server",
    "django.server",
    "granian.access",
    "gunicorn.access",
    "hypercorn.access",
    "uvicorn.access",
    "uvicorn.asgi",
    "werkzeug",
)


def filter_paths(paths: frozenset[str]) -> None:
    """Remove the queries of these paths from every server's log.

    Args:
        paths: where the routes are, each without a slash at its end.
    """
    for path in paths:
        logs.filter_queries(*_LOGGERS, below=f"{path}/")


def wrap_servers(strip: Callable[[str], str]) -> None:
    """Wrap the methods of daphne, eventlet and gevent that make a line of their access logs.

    Args:
        strip: removes the query from a request line.
    """
    # A process that has patched itself for eventlet loads its server later, and the first request must find it wrapped.
    if "eventlet.patcher" in sys.modules and getattr(sys.modules["eventlet.patcher"], "already_patched", None):
        import_module("eventlet.wsgi")
    for module, owner_name, name, wrap in _WRAPPED:
        if module not in sys.modules:
            continue
        owner = getattr(sys.modules.get(module), owner_name, None)
        method = getattr(owner, name, None)
        if method is not None and not hasattr(method, "strips_queries"):
            wrapped = wraps(method)(wrap(method, strip))
            wrapped.strips_queries = True  # type: ignore[attr-defined]
            setattr(owner, name, wrapped)


def _of_entry(method: Callable[..., Any], strip: Callable[[str], str]) -> Callable[..., Any]:
    """daphne's method is passed the request line."""

    def write_entry(self: Any, *positional: Any, **named: Any) -> Any:
        stripped = {name: strip(value) if isinstance(value, str) else value for name, value in named.items()}
        return method(self, *(strip(one) if isinstance(one, str) else one for one in positional), **stripped)

    return write_entry


def _of_handler(method: Callable[..., Any], strip: Callable[[str], str]) -> Callable[..., Any]:
    """The handlers of eventlet and gevent keep the request line for their log, and read the path before that."""

    def with_request_line(self: Any, *positional: Any, **named: Any) -> Any:
        if isinstance(getattr(self, "requestline", None), str):
            self.requestline = strip(self.requestline)
        return method(self, *positional, **named)

    return with_request_line


_WRAPPED = (
    ("daphne.access", "AccessLogGenerator", "write_entry", _of_entry),
    ("eventlet.wsgi", "HttpProtocol", "handle_one_response", _of_handler),
    ("gevent.pywsgi", "WSGIHandler", "format_request", _of_handler),
)
