"""Reads the query with which the user comes back. RFC 5849 §2.2.

The RFC says how a provider sends back a user who approved, and does not say how it sends back one who refused. Four
ways are known, and each names the request token, so that the login is found:

- ``denied=TOKEN``: X and Discogs.
- ``oauth_token=TOKEN`` with ``oauth_problem=user_refused`` or ``permission_denied``: the OAuth Problem Reporting
  extension.
- ``oauth_token=TOKEN`` with ``error=access_denied``, the word of OAuth 2.0: OpenCaching.
- ``oauth_token=TOKEN`` with a word in place of the verifier: Jira. A verifier is an opaque text, so this is read only
  where the provider's record names the word.

Other providers send nobody back. A query in two of these ways is refused.
"""

from __future__ import annotations

from ...errors import BadRequest, Denied, ProviderRefused, ValetkeyError
from ..base import CallbackParameters, Query

_REFUSED_BY_USER = frozenset({"user_refused", "permission_denied"})


def read_callback(query: Query, *, denied_verifier: str | None = None) -> CallbackParameters:
    """Read a callback's query.

    Args:
        query: its parameters, each once.
        denied_verifier: the verifier with which the provider says that the user refused. None: it has none.

    Raises:
        BadRequest: it names no login, or it is not exactly one of an approval and a refusal.
    """
    token, verifier, denied = query.get("oauth_token"), query.get("oauth_verifier"), query.get("denied")
    reported = [name for name in ("oauth_problem", "error") if name in query]
    if denied and token is None and verifier is None and not reported:
        return CallbackParameters(request_id=denied, refusal=Denied(), query=query)
    if token and verifier and denied is None and not reported:
        refusal = Denied() if verifier == denied_verifier else None
        return CallbackParameters(request_id=token, refusal=refusal, query=query)
    if token and verifier is None and denied is None and len(reported) == 1:
        return CallbackParameters(request_id=token, refusal=_refusal(query), query=query)
    raise BadRequest("A callback carries oauth_token with oauth_verifier, or a refusal; not less, not both.")


def _refusal(query: Query) -> ValetkeyError:
    if query.get("oauth_problem") in _REFUSED_BY_USER or query.get("error") == "access_denied":
        return Denied()
    return ProviderRefused("The provider sent the user back with a problem that is not the user's own refusal.")
