"""Keeps queries out of a server's own access log: a callback's holds the verifier.

The adapters empty the query where a server reads it from the request that we were given. This filter is for servers
that log the line they read from the socket: Django's and Werkzeug's development servers, and whatever never reached us.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping


class WithoutQuery(logging.Filter):
    """For a handler or a logger: cuts the query of every path among a record's arguments, and of a request line.

    Args:
        below: where the paths begin whose queries are cut.
    """

    def __init__(self, below: str = "/") -> None:
        super().__init__()
        self.below = below
        # A path by itself, or in a request line such as ``GET /auth/twitter?… HTTP/1.1``.
        # A request line has a space after its target (RFC 9112 §3), and only that ends a query: a server may have read
        # other octets into it, which ``\s`` takes for spaces, and what stands behind them is still the query's.
        self._query = re.compile(rf"((?:^|(?<=[^!-~])){re.escape(below)}[^ ?\r\n]*)\?[^ \r\n]*")

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._query.sub(r"\1", arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def install(*loggers: str, below: str = "/") -> None:
    """Put the filter on these loggers, once."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(one, WithoutQuery) and one.below == below for one in logger.filters):
            logger.addFilter(WithoutQuery(below))


def warn_of_uwsgi() -> None:
    """uWSGI writes its request log in C, from the line that it read, where nothing of ours reaches: its options do."""
    options: Mapping[str, object] = getattr(sys.modules.get("uwsgi"), "opt", {"disable-logging": True})
    formats = [str(value) for name, value in options.items() if name in ("log-format", "logformat")]
    if "disable-logging" in options or (formats and "%(uri)" not in formats[-1]):
        return
    logging.getLogger("valetkey").warning(
        "uWSGI's request log prints queries, and a callback's holds the verifier. Give it --log-format without %(uri), "
        "such as '%(addr) %(method) %(var.PATH_INFO) %(status)', or --disable-logging."
    )
