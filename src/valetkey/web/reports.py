"""``POST report``: a page of the app says that the module met an error that the app's developer must act on.

Only a browser sees some of these, such as a Content-Security-Policy that blocks the module. The developer may never
open that browser's console, but reads the server's log. A report decides nothing. It holds names that are known here
and no other text, and a kind of report is logged at most once a minute.
"""

from __future__ import annotations

import logging

from ..errors import BadRequest
from .fields import read_body, text_field
from .http import Incoming, Reply
from .module_errors import MODULE_ERRORS
from .once_per_minute import OncePerMinute, more
from .origins import Origins
from .replies import empty_reply

log = logging.getLogger("valetkey")

_BLOCKED = "blocked_by_csp"
_HINTS = {one.code: one.hint for one in MODULE_ERRORS if one.developer}
# The directives that can stop the module, as browsers name them (CSP Level 3 §6, Trusted Types).
_DIRECTIVES = frozenset(
    {
        *("connect-src", "default-src", "form-action", "img-src", "navigate-to", "sandbox"),
        *("script-src", "script-src-elem", "style-src", "style-src-attr", "style-src-elem"),
        *("require-trusted-types-for", "trusted-types"),
    }
)
_MAX_CHARACTERS = 40


class Reports:
    """Logs what pages report.

    Args:
        origins: decides which pages may report.
        public_origin: of the app, which a policy must allow.
    """

    def __init__(self, origins: Origins, public_origin: str) -> None:
        self._origins = origins
        self._public = public_origin
        self._logged = OncePerMinute()

    async def post(self, incoming: Incoming) -> Reply:
        """``POST report``: log it, at most once a minute.

        Raises:
            ForeignOrigin, WrongHost: no page of this app sent it.
            BadRequest: the code or the directive is not one that the module reports.
        """
        self._origins.require_app_page(incoming)
        fields = read_body(incoming)
        code = text_field(fields, "code", _MAX_CHARACTERS) or ""
        directive = text_field(fields, "directive", _MAX_CHARACTERS)
        if code not in _HINTS or (directive is not None and (code != _BLOCKED or directive not in _DIRECTIVES)):
            raise BadRequest("code and directive must be ones that the module reports (docs/http.md).")
        left_out = self._logged.count((code, directive))
        if left_out is not None:
            self._log(code, directive, left_out)
        return empty_reply(204)

    def _log(self, code: str, directive: str | None, left_out: int) -> None:
        what = _HINTS[code]
        if directive is not None:
            what = f"The policy of a page blocks the module by {directive}. It must allow {self._public} there."
        log.warning("%s: reported by a page: %s%s", code, what, more(left_out))
