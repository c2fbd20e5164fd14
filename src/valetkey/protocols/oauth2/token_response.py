"""Reads the reply of a token endpoint. RFC 6749 §5.

How this works. The standard has 200 for a success and 400 or 401 with ``{"error": …}`` for a failure. Real servers
answer failures with status 200 (GitHub, Slack, Naver), put the error into an object (Facebook, Yahoo), list the
parameters that are wrong (Strava), leave it out (Twitch, Instagram), and send JSON as ``text/plain``. So a reply is a
success only if everything says so: the status, no ``error``, no ``errors``, no ``ok`` that is false, an access token,
and the one token type that this client knows.

A failure is judged by its code and its status, and never by its description. Only codes that this module knows get into
a hint.
"""

from __future__ import annotations

from ...crypto import Secret
from ...errors import (
    AppNotAllowed,
    CallbackNotApproved,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
    ProviderRefusedKeys,
    ProviderReplyInvalid,
    ProviderUnavailable,
    ValetkeyError,
)
from ..base import Grant
from ..grammar import is_visible, lower
from ..http import HttpResponse
from ..refusals import refusal
from ..replies import is_foreign, summary, unusable
from ..strict_json import parse_object

# In lower case: Yahoo writes its codes in upper case, and Kakao its numbers.
_ERRORS: dict[str, type[ProviderError]] = {
    # RFC 6749 §5.2
    "invalid_grant": ProviderRefused,
    "invalid_request": ProviderRefused,
    "invalid_scope": ProviderRefused,
    "unsupported_grant_type": ProviderRefused,
    "invalid_client": ProviderRefusedKeys,
    "unauthorized_client": ProviderRefusedKeys,
    # Not among the codes of §5.2, and sent all the same.
    "server_error": ProviderUnavailable,
    "temporarily_unavailable": ProviderUnavailable,
    "internal_error": ProviderUnavailable,
    "slow_down": ProviderBusy,
    "rate_limit_exceeded": ProviderBusy,
    # GitHub: docs.github.com, "Troubleshooting OAuth app access token request errors"; Yandex has the first, too.
    "bad_verification_code": ProviderRefused,
    "incorrect_client_credentials": ProviderRefusedKeys,
    "redirect_uri_mismatch": CallbackNotApproved,
    "application_suspended": AppNotAllowed,
    # Slack: api.slack.com/methods/openid.connect.token, "Errors"; Salesforce has the fourth, too.
    "invalid_code": ProviderRefused,
    "code_already_used": ProviderRefused,
    "bad_client_secret": ProviderRefusedKeys,
    "invalid_client_id": ProviderRefusedKeys,
    "bad_redirect_uri": CallbackNotApproved,
    "ratelimited": ProviderBusy,
    # Yandex: yandex.com/dev/id/doc/en/codes/code-url, "Format of the response"
    "basic auth required": ProviderRefusedKeys,
    "malformed authorization header": ProviderRefusedKeys,
    # Yahoo: developer.yahoo.com/oauth2/guide/errors
    "invalid_client_secret": ProviderRefusedKeys,
    "invalid_redirect_uri": CallbackNotApproved,
    "unsupported_redirect_uri": CallbackNotApproved,
    "invalid_callback": CallbackNotApproved,
    "error_handling_request": ProviderUnavailable,
    # Kakao: developers.kakao.com/docs/latest/en/kakaologin/trouble-shooting. The others
    # say no more than the "error" beside them.
    "koe003": ProviderUnavailable,
    "koe303": CallbackNotApproved,
}
# Facebook's numbers: developers.facebook.com, "Handle Errors", and its login pages. 1 is "unknown" there, and the
# answer to a wrong secret (stackoverflow.com/q/14575477).
_NUMBERS: dict[int, type[ProviderError]] = {
    1: ProviderRefusedKeys,
    2: ProviderUnavailable,
    4: ProviderBusy,
    100: ProviderRefused,
    101: ProviderRefusedKeys,
    191: CallbackNotApproved,
    341: ProviderBusy,
}
# What is wrong with a parameter of the request: developers.strava.com/docs, "Fault".
_FIELDS: dict[str, type[ProviderError]] = {
    "code": ProviderRefused,
    "client_id": ProviderRefusedKeys,
    "client_secret": ProviderRefusedKeys,
    "redirect_uri": CallbackNotApproved,
}
# A token reply says more exactly what was refused than the hints of the classes, which fit both protocols.
_HINTS: dict[type[ValetkeyError], str] = {
    ProviderRefused: "The provider refused the code: it is used, expired, or was issued to another client or callback.",
    ProviderRefusedKeys: (
        "The provider refused the app's keys. Check the client id and the client secret for swapped values, quotes, "
        "spaces and line ends, and whether the secret has expired or was replaced. In Basic "
        "authentication, a secret is form-encoded (RFC 6749 §2.3.1). Some servers do not decode it: they need a secret "
        "of letters, digits and -._~ only."
    ),
}
# Secrets that a sign-in has no use for, or that are kept elsewhere in the grant.
_TOKENS = frozenset({"access_token", "refresh_token", "id_token"})


def read_grant(response: HttpResponse, *, callback_url: str, requires_token_type: bool = True) -> Grant:
    """Read the reply to a token request. RFC 6749 §5.1, §5.2.

    Args:
        response: the reply.
        callback_url: the ``redirect_uri`` that was sent, for a hint.
        requires_token_type: whether a reply without ``token_type`` is refused.

    Raises:
        ProviderError: refused, unavailable, or not a usable success.
    """
    reply = _unwrapped(_read_object(response, callback_url))
    fails = _says_failure(reply)
    if fails or response.status not in (200, 201):
        raise _failure(response, reply, callback_url, says_so=fails)
    return Grant(
        access_token=_access_token(reply, requires_token_type),
        id_token=_id_token(reply),
        fields={name: value for name, value in reply.items() if name not in _TOKENS},
    )


def _read_object(response: HttpResponse, callback_url: str) -> dict[str, object]:
    """The JSON object of a reply, whatever its status and its Content-Type."""
    if response.status == 429 or response.status >= 500:
        raise refusal(response, step="access_token")
    try:
        return parse_object(response.body)
    except ValueError:
        if response.status in (200, 201) or is_foreign(response):
            raise unusable(response, "access_token", "one JSON object") from None
        raise _failure(response, {}, callback_url, says_so=False) from None


def _unwrapped(reply: dict[str, object]) -> dict[str, object]:
    """A reply that is the only member of a list, ``{"data": [{…}]}``, as Instagram documents it and seldom sends it
    (developers.facebook.com/docs/instagram-platform, "Business Login")."""
    data = reply.get("data")
    if set(reply) == {"data"} and isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict):
        return data[0]
    return reply


def _says_failure(reply: dict[str, object]) -> bool:
    """Whether something in a reply says that it is a failure."""
    return bool(reply.get("error") or reply.get("errors")) or reply.get("ok") is False


def _failure(response: HttpResponse, reply: dict[str, object], callback_url: str, *, says_so: bool) -> ValetkeyError:
    """The error for a failure: by its code if that is known, and by its status if not."""
    facts = summary(response, "access_token")
    known, name = _by_code(reply)
    if name is not None:
        facts = f"{facts} The error is {name}."
    kind = known or _by_status(response.status, has_code=says_so)
    if kind is CallbackNotApproved:
        facts = f"{facts} The callback URL that was sent is {callback_url} (to the letter)."
    return kind(f"{facts} {_HINTS.get(kind, kind.hint)}")


def _by_code(reply: dict[str, object]) -> tuple[type[ProviderError] | None, str | None]:
    """The error for the first code of a reply that is known, and the code, if it is a text.

    Kakao's ``error_code`` says more exactly what its ``error`` says. Yahoo's objects have an ``errorId``. Dropbox
    writes a colon and a description behind the code.
    """
    error, errors = reply.get("error"), reply.get("errors")
    inner = error if isinstance(error, dict) else {}
    for code in (reply.get("error_code"), error, inner.get("errorId"), inner.get("code")):
        name = lower(code.partition(":")[0]) if isinstance(code, str) else ""
        if name in _ERRORS:
            return _ERRORS[name], name
    number = inner.get("code")
    if isinstance(number, int) and not isinstance(number, bool) and number in _NUMBERS:  # True is the number 1
        return _NUMBERS[number], None
    for one in errors if isinstance(errors, list) else ():
        field = one.get("field") if isinstance(one, dict) else None
        if isinstance(field, str) and field in _FIELDS:
            return _FIELDS[field], field
    return None, None


def _by_status(status: int, *, has_code: bool) -> type[ProviderError]:
    """RFC 6749 §5.2 has 401 for the client's keys, and Twitch 403. GitHub answers 404 for an unknown client id."""
    if status in (401, 403) or (status == 404 and has_code):
        return ProviderRefusedKeys
    # A code that is not known is still a definite refusal. A redirect or a missing page is not.
    return ProviderRefused if has_code or status == 400 else ProviderReplyInvalid


def _access_token(reply: dict[str, object], requires_token_type: bool) -> Secret:
    """RFC 6749 §5.1, §7.1. A token of another type would have to be used in another way, which this client cannot."""
    token, kind = reply.get("access_token"), reply.get("token_type")
    if not isinstance(token, str) or not is_visible(token):
        raise ProviderReplyInvalid("The token reply lacks a usable access_token (RFC 6749 §5.1).")
    is_absent = "token_type" not in reply
    if (is_absent and requires_token_type) or not (is_absent or (isinstance(kind, str) and lower(kind) == "bearer")):
        raise ProviderReplyInvalid("The token reply's token_type is not Bearer (RFC 6749 §7.1).")
    return Secret(token)


def _id_token(reply: dict[str, object]) -> Secret | None:
    """OpenID Connect Core §3.1.3.3. Nothing of it is believed yet."""
    token = reply.get("id_token")
    if token is None:
        return None
    if not isinstance(token, str):
        raise ProviderReplyInvalid("The token reply's id_token is not text (OpenID Connect Core §3.1.3.3).")
    return Secret(token)
