"""Keeps secrets out of Django's error reports: the mails to ``ADMINS``, and whatever handler makes an
``ExceptionReporter`` of a log record.

Such a report lists the query, the cookies and the headers of its request, and the HTML form the local variables of each
frame. A view of ours has emptied the query, but a middleware may fail before. So a filter of the logger prepares the
request before a handler sees it.
"""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest
from django.views.debug import get_exception_reporter_filter

from ...web.records import records
from .requests import forget_query

_PACKAGE = __name__.partition(".")[0]


class ReportFilter:
    """An exception reporter filter around the project's.

    Args:
        inner: the project's, ``DEFAULT_EXCEPTION_REPORTER_FILTER`` or the request's own.
        ours: whether the request is for one of our routes.
    """

    def __init__(self, inner: Any, *, ours: bool) -> None:
        self._inner = inner
        self._ours = ours

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        """Return the cookies, without the values of ours."""
        cookies = self._inner.get_safe_cookies(request)
        return {
            name: self._inner.cleansed_substitute if records.redactor.is_cookie(name) else value
            for name, value in cookies.items()
        }

    def get_traceback_frame_variables(self, request: HttpRequest, tb_frame: Any) -> Any:
        """Return the variables of a frame, and none of a frame of valetkey or in a request to our routes."""
        if self._ours or str(tb_frame.f_globals.get("__name__", "")).partition(".")[0] == _PACKAGE:
            return []
        return self._inner.get_traceback_frame_variables(request, tb_frame)


def protect(record: logging.LogRecord) -> bool:
    """A filter of the logger ``django.request``. It lets each record pass."""
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        inner = get_exception_reporter_filter(request)
        if not isinstance(inner, ReportFilter):
            ours = records.redactor.is_ours(request.path)
            request.exception_reporter_filter = ReportFilter(inner, ours=ours)  # type: ignore[assignment]
            if ours:
                forget_query(request)
                request.__dict__.pop("GET", None)  # made of the query when it is read
    return True


def connect() -> None:
    """Add the filter, once."""
    logging.getLogger("django.request").addFilter(protect)
