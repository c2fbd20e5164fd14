"""Keeps logs safe: no query strings in access logs.

The query of a callback contains the verifier. The framework adapters empty the query of each request that reaches
valetkey, and most servers log the request from there. The filter here is for servers that log the line that they read
from the socket, such as the development servers of Django and Werkzeug, for apps that pass on a copy of the request,
and for requests that never reach valetkey. Which servers there are is in ``records.access_logs``.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping

# How hypercorn, gunicorn and granian name the query by itself, among the arguments of a line.
_QUERY_NAMES = ("q", "query_string", "{query_string}e")


class QueryFilter(logging.Filter):
    """A logging filter that removes the query from every path and request line of a record.

    Args:
        below: only paths that begin with this text lose their query.
    """

    def __init__(self, below: str = "/") -> None:
        super().__init__()
        self.below = below
        # A path by itself, or in a request line such as ``GET /auth/twitter?… HTTP/1.1``.
        # Only the space after the target ends a query (RFC 9112 §3). ``\s`` would also match octets that a server may
        # have read into the target, and what follows them still belongs to the query.
        # A path without a query matches, too, so that a long one with many starts in it is read once.
        self._query = re.compile(rf"((?:^|(?<=[^!-~])){re.escape(below)}[^ ?\r\n]*+)(?:\?[^ \r\n]*)?")

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.args:
            record.msg = self._stripped(record.msg)
        elif isinstance(record.args, tuple):
            record.args = tuple(map(self._stripped, record.args))
        elif isinstance(record.args, MutableMapping):
            # A copy, because the caller may use its mapping again. Its class decides what a format may name.
            record.args = arguments = copy.copy(record.args)
            if any(isinstance(one, str) and one.startswith(self.below) for one in arguments.values()):
                arguments.update({name: "" for name in _QUERY_NAMES if name in arguments})
            arguments.update({name: self._stripped(one) for name, one in arguments.items()})
        return True

    def strip(self, line: str) -> str:
        """Return a request line without its query."""
        return self._query.sub(r"\1", line)

    def _stripped(self, value: object) -> object:
        if isinstance(value, dict) and str(value.get("path", "")).startswith(self.below):
            return {**value, "query_string": b""}  # a scope, which uvicorn logs at its level "trace"
        return self.strip(value) if isinstance(value, str) else value


def filter_queries(*loggers: str, below: str = "/") -> None:
    """Add a ``QueryFilter`` to these loggers, unless they have it already.

    Args:
        loggers: names of loggers.
        below: only paths that begin with this text lose their query.
    """
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(one, QueryFilter) and one.below == below for one in logger.filters):
            logger.addFilter(QueryFilter(below))


def warn_about_uwsgi_log() -> None:
    """Warn if this process runs in uWSGI and its request log prints queries.

    uWSGI writes that log in C, from the line that it read, where no Python filter applies. Only its options help.
    """
    options: Mapping[str, object] = getattr(sys.modules.get("uwsgi"), "opt", {"disable-logging": True})
    formats = [str(value) for name, value in options.items() if name in ("log-format", "logformat")]
    if "disable-logging" in options or (formats and "%(uri)" not in formats[-1]):
        return
    logging.getLogger("valetkey").warning(
        "uWSGI's request log prints queries, and the query of a callback contains the verifier. Give uWSGI a "
        "--log-format without %(uri), such as '%(addr) %(method) %(var.PATH_INFO) %(status)', or --disable-logging."
    )
