"""How the provider answers an authorization request: the query of the callback. RFC 6749 §4.1.2.

How this works. The query may be anybody's, so it proves nothing, and most of it is not read: providers add parameters
of their own. The order of the checks is part of the rules:

1. ``state`` says which login the query belongs to. Without it, it belongs to none.
2. ``iss`` says who answers (RFC 9207). Where the issuer is known, another one is refused before anything else is
   believed, on errors too. So a server that the user was sent to cannot pass on what another server has issued (a
   mix-up, RFC 9700 §4.4).
3. There is a ``code`` or an ``error``, and not both.

An error is judged by its code. Its description is text of the provider's, or of an attacker who has made up the
address, and is neither shown nor logged.
"""

from __future__ import annotations

from ...crypto import constant_time_equals
from ...errors import (
    AppNotAllowed,
    BadRequest,
    CallbackNotApproved,
    Denied,
    ForeignToken,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    ValetkeyError,
)
from ..base import CallbackParameters, PendingRequest, Query
from ..grammar import is_printable, lower

# How providers say that the user pressed Cancel. The first is the standard's word (RFC 6749 §4.1.2.1), the next two are
# LinkedIn's and Apple's.
CANCEL_ERRORS = frozenset(
    {"access_denied", "user_cancelled_login", "user_cancelled_authorize", "user_denied", "cancelled", "canceled"}
)

# RFC 6749 §4.1.2.1. GitHub also sends the user back with what its developer must fix: docs.github.com,
# "Troubleshooting authorization request errors".
_ERRORS: dict[str, type[ProviderError]] = {
    "server_error": ProviderUnavailable,
    "temporarily_unavailable": ProviderUnavailable,
    "redirect_uri_mismatch": CallbackNotApproved,
    "application_suspended": AppNotAllowed,
    "unauthorized_client": AppNotAllowed,
}
# The other errors of RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6. A hint names them; a new attempt of the same
# kind would end in the same way, so nothing repeats them.
_REFUSALS = frozenset(
    {
        "invalid_request",
        "unsupported_response_type",
        "invalid_scope",
        "interaction_required",
        "login_required",
        "account_selection_required",
        "consent_required",
        "invalid_request_uri",
        "invalid_request_object",
        "request_not_supported",
        "request_uri_not_supported",
        "registration_not_supported",
    }
)


def read_callback(query: Query, *, issuer: str | None, cancel_errors: frozenset[str]) -> CallbackParameters:
    """Read a callback's query.

    Args:
        query: its parameters, each once.
        issuer: the issuer's identifier. None if it is not known, or not the same for all users.
        cancel_errors: error codes that mean that the user refused, in lower case.

    Raises:
        BadRequest: it has no ``state``, another issuer's ``iss``, or not exactly one of ``code`` and ``error``.
    """
    state = query.get("state")
    if not state:
        raise BadRequest("The callback has no state, so it belongs to no login (RFC 6749 §4.1.2).")
    if issuer is not None and "iss" in query and query["iss"] != issuer:
        raise BadRequest("The callback's iss is not this provider's issuer, to the letter (RFC 9207 §2.4).")
    if "code" in query and "error" in query:
        raise BadRequest("The callback has a code and an error (RFC 6749 §4.1.2).")
    if "code" in query:
        require_code(query)
        return CallbackParameters(request_id=state, query=query)
    return CallbackParameters(request_id=state, refusal=_refusal(query, cancel_errors), query=query)


def _refusal(query: Query, cancel_errors: frozenset[str]) -> ValetkeyError:
    """The error that a callback without a code means. RFC 6749 §4.1.2.1."""
    error = query.get("error")
    if error is None and "error_code" not in query:
        raise BadRequest("The callback has neither a code nor an error (RFC 6749 §4.1.2).")
    # Facebook may leave error out, and says why in error_reason. LINE writes its codes in upper case. Microsoft says in
    # error_subcode that it was the user (learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).
    code = lower(error if error is not None else query.get("error_reason", ""))
    if code in cancel_errors or lower(query.get("error_subcode", "")) == "cancel":
        return Denied()
    if code in _ERRORS:
        kind = _ERRORS[code]
        return kind(f"The provider answered the authorization request with {code}. {kind.hint}")
    if code in _REFUSALS:
        return ProviderRefused(f"The provider answered the authorization request with {code} (RFC 6749 §4.1.2.1).")
    return ProviderRefused("The provider answered the authorization request with an error code that is not known.")


def require_own(query: Query, pending: PendingRequest) -> None:
    """Require that the ``state`` that came back is the one of this login. RFC 6749 §10.12, RFC 9700 §4.7.

    Raises:
        ForeignToken: it is another one.
    """
    if not constant_time_equals(query.get("state"), pending.request_id):
        raise ForeignToken("The state that came back is not the one of this login (RFC 6749 §10.12).")


def require_issuer(query: Query) -> None:
    """Require an ``iss``, of a provider that always sends one. RFC 9207 §2.4.

    Raises:
        BadRequest: it is not there.
    """
    if not query.get("iss"):
        raise BadRequest("The callback has no iss, which this provider always sends (RFC 9207 §2.4).")


def require_code(query: Query) -> str:
    """The authorization code: printable ASCII, and nothing is read into it. RFC 6749 §4.1.2, App. A.11.

    Raises:
        BadRequest: it is missing or malformed.
    """
    code = query.get("code")
    if not code or not is_printable(code):
        raise BadRequest("The callback has no usable code (RFC 6749 App. A.11).")
    return code
