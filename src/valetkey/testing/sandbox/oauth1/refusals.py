"""How a provider over OAuth 1.0a says no. Inside the sandbox, a refusal has the words of the OAuth Problem Reporting
extension; on the wire, each provider has a dialect of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from ..answers import JSON, Answer

Dialect = Literal["oauth_problem", "text", "json"]

_FORM = "application/x-www-form-urlencoded"
_BAD_REQUEST = frozenset({"parameter_absent", "parameter_rejected", "signature_method_rejected", "version_rejected"})


@dataclass(slots=True)
class Refused(Exception):
    """A request is refused.

    Attributes:
        problem: the word of the extension, such as ``token_used``.
        reason: what was wrong, for ``X-Sandbox-Reason``.
        parameter: the parameter that is missing or wrong, if it is one.
        endpoint: ``request_token``, ``access_token``, or that of a profile.
    """

    problem: str
    reason: str
    parameter: str | None = None
    endpoint: str = ""


def in_dialect(dialect: Dialect, refused: Refused) -> Answer:
    """Return a refusal in one of the common dialects: 400 for a request that is malformed, else 401."""
    status = 400 if refused.problem in _BAD_REQUEST else 401
    if dialect == "json":
        return Answer(status, json.dumps({"error": refused.problem}), JSON, reason=refused.reason)
    if dialect == "text":
        words = refused.problem.replace("_", " ")
        return Answer(status, f"Unauthorized: {words}", "text/plain; charset=utf-8", reason=refused.reason)
    named = {} if refused.parameter is None else {f"oauth_{_plural(refused.problem)}": refused.parameter}
    fields = {"oauth_problem": refused.problem, **named}
    body = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
    return Answer(status, body, _FORM, reason=refused.reason)


def _plural(problem: str) -> str:
    return problem.replace("parameter_", "parameters_")
