"""Keeps query strings out of access logs, because the query of a callback contains the verifier.

The framework adapters empty the query of each request that reaches valetkey, and most servers log the request from
there. The filter here is for servers that log the line that they read from the socket, such as the development servers
of Django and Werkzeug, and for requests that never reach valetkey.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping


class QueryFilter(logging.Filter):
    """A logging filter that removes the query from every path and request line among a record's arguments.

    Args:
        below: only paths that begin with this text lose their query.
    """

    def __init__(self, below: str = "/") -> None:
        super().__init__()
        self.below = below
        # A path by itself, or in a request line such as ``GET /auth/twitter?… HTTP/1.1``.
        # Only the space after the target ends a query (RFC 9112 §3). ``\s`` would also match octets that a server may
        # have read into the target, and what follows them still belongs to the query.
        self._query = re.compile(rf"((?:^|(?<=[^!-~])){re.escape(below)}[^ ?\r\n]*)\?[^ \r\n]*")

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._query.sub(r"\1", arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


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
