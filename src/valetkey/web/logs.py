"""Keeps queries out of a server's own access log: a callback's holds the verifier.

The adapters empty the query where a server reads it from the request that we were given. This filter is for servers
that log the line they read from the socket: Django's and Werkzeug's development servers, and whatever never reached us.
"""

from __future__ import annotations

import logging
import re

_QUERY = re.compile(r"(?<=\S)\?[^\s\"']*")


class WithoutQuery(logging.Filter):
    """For a handler or a logger: cuts the query of every path among a record's arguments, and of a request line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_cut(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def _cut(text: str) -> str:
    """Of a path, or of a request line such as ``GET /auth/twitter?… HTTP/1.1``."""
    if text.startswith("/") or " /" in text:
        return _QUERY.sub("", text)
    return text


def install(*loggers: str) -> None:
    """Put the filter on these loggers, once."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(one, WithoutQuery) for one in logger.filters):
            logger.addFilter(WithoutQuery())
