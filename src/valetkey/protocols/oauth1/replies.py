"""Reads the two replies of OAuth 1.0a that bring credentials. RFC 5849 §2.1, §2.3.

A reply exists for the caller only after every check: it is a success, a form with each field once, and its tokens are
visible ASCII.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import CallbackNotConfirmed, ProviderReplyInvalid
from ..encoding import parse_form
from ..grammar import is_visible
from ..http import HttpResponse
from ..refusals import problem_in, refusal
from ..replies import Step, kind_of, unusable


def require_success(
    response: HttpResponse, refusal_prefix: str | None, *, step: Step, callback_url: str | None = None
) -> None:
    """Require that a reply with status 200 is no refusal.

    Args:
        response: the reply.
        refusal_prefix: how a refusal begins. None: a refusal has another status.
        step: what was asked for, for the error.
        callback_url: the one that was sent, for the error.

    Raises:
        ProviderError: refused.
    """
    if refusal_prefix is not None and response.status == 200 and response.body.startswith(refusal_prefix.encode()):
        raise refusal(response, step=step, callback_url=callback_url, counts_as=401)


def require_confirmed(fields: Mapping[str, str], *, optional: bool = False) -> None:
    """Require that the provider has read our callback URL. RFC 5849 §2.1.

    The provider then uses no other URL. Otherwise an attacker could receive what a victim approved at a callback URL of
    their own. This is the flaw of 1.0 that 1.0a fixed.

    Args:
        fields: of the reply.
        optional: accept a reply without the field. One that has it must still say ``true``.

    Raises:
        CallbackNotConfirmed: the provider has not confirmed it.
    """
    if optional and "oauth_callback_confirmed" not in fields:
        return
    if fields.get("oauth_callback_confirmed") != "true":
        raise CallbackNotConfirmed


def require_field(fields: Mapping[str, str], name: str) -> str:
    """A field of a reply, which must be there and be visible ASCII.

    Raises:
        ProviderReplyInvalid: it is missing or malformed.
    """
    value = fields.get(name)
    if not value or not is_visible(value):
        raise ProviderReplyInvalid(f"The reply lacks a usable {name}.")
    return value


def read_form(response: HttpResponse, *, step: Step, callback_url: str | None = None) -> dict[str, str]:
    """Read the form of a success. RFC 5849 §2.1, §2.3.

    A success has status 200, or 201 as some servers say it. Some servers also refuse with 200, and say so in
    ``oauth_problem``.

    Args:
        response: the reply.
        step: what was asked for, for the error.
        callback_url: the one that was sent, for the error.

    Raises:
        ProviderError: refused, unavailable, or not a form.
    """
    if response.status not in (200, 201) or problem_in(response) is not None:
        raise refusal(response, step=step, callback_url=callback_url)
    try:
        return parse_form(response.body)
    except ProviderReplyInvalid:
        if kind_of(response) in ("form", "text"):
            raise
    raise unusable(response, step, "a form")
