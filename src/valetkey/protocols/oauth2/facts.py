"""What a provider that speaks OAuth 2.0 is like, as data: addresses, and how it differs from the standard.

How this works. A record is checked when it is built, so that one that cannot work, or that would undo a rule of the
protocol, stops the app and no login. ``fault_of`` has the checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...crypto import Secret
from ..grammar import is_scheme
from .authorization_response import CANCEL_ERRORS

ClientAuthentication = Literal["basic", "post"]
TokenPlacement = Literal["header", "body"]

# scope-token = 1*( %x21 / %x23-5B / %x5D-7E )                                                         RFC 6749 §3.3
_SCOPE = re.compile(r"[!#-\[\]-~]+")
# param-name = 1*name-char                                                                             RFC 6749 §8.2
_NAME = re.compile(r"[-._0-9A-Za-z]+")
# What the standards and this package put into a request. A provider's file must not replace it.
_AUTHORIZATION_PARAMETERS = frozenset(
    {
        *("client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri"),
        *("request", "request_uri", "response_mode", "response_type", "scope", "state"),
    }
)
_TOKEN_PARAMETERS = frozenset({"client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri"})
_PROFILE_PARAMETERS = frozenset({"access_token"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """The app's keys with a provider. RFC 6749 §2.2, §2.3.

    Args:
        identifier: the client id.
        secret: the client secret. None for a public client.
        signed_secret: makes the client secret of one request from the time, in seconds since 1970, where a provider
            wants a signed statement in its place.
    """

    identifier: str
    secret: Secret | None = None
    signed_secret: Callable[[int], Secret] | None = None


@dataclass(frozen=True, kw_only=True)
class OAuth2Facts:
    """What a provider that speaks OAuth 2.0 is like, without an app's keys.

    Args:
        authorize_url: where the user is sent (RFC 6749 §3.1). It may have a query.
        token_url: where the code is exchanged (§3.2).
        scopes: what is asked for (§3.3).
        scope_separator: what stands between two scopes. The standard has a space.
        client_id_parameter: the name of the parameter with the client id, in each request (TikTok's is
            ``client_key``).
        client_authentication: where the token request has the secret: ``"basic"`` in the Authorization header,
            ``"post"`` in the body (§2.3.1). A client without a secret sends its id in the body.
        issuer: the provider's identifier, if it is known. A callback's ``iss`` must equal it (RFC 9207 §2.4).
        sends_iss: whether every callback must have an ``iss``.
        response_mode: how the provider sends the user back, such as ``form_post``. None: in the query.
        pkce: whether PKCE is used. **False takes a protection away**: only ``state`` and the login's cookie then stand
            against a code that an attacker puts into a user's login (RFC 9700 §4.5). It is for a provider that refuses
            PKCE from a client with a secret, and no variable of an app sets it.
        authorize_parameters: further parameters of the authorization request.
        token_parameters: further parameters of the token request.
        callback_parameters: names of parameters that are copied from the callback into the token request, such as
            VK's ``device_id``. ``state`` may be among them, which Naver asks for.
        headers: further headers of every request that is sent.
        cancel_errors: error codes that mean that the user refused, in lower case.
        requires_token_type: whether a token reply without ``token_type`` is refused, as §5.1 has it. Another type than
            Bearer always is.
        token_scheme: the word before the access token in the header of a request on the user's behalf (Yandex has
            ``OAuth``).
        token_placement: where these requests have the access token: in the ``"header"`` (RFC 6750 §2.1), or in the
            ``"body"``: a form, with the client id beside it (§2.2). A form needs POST.
        access_token_proof: the name of a query parameter that proves, with every use of an access token, that the
            client has its secret too (Facebook's ``appsecret_proof``).
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...] = ()
    scope_separator: str = " "
    client_id_parameter: str = "client_id"
    client_authentication: ClientAuthentication = "post"
    issuer: str | None = None
    sends_iss: bool = False
    response_mode: str | None = None
    pkce: bool = True
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    token_parameters: Mapping[str, str] = field(default_factory=dict)
    callback_parameters: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cancel_errors: frozenset[str] = CANCEL_ERRORS
    requires_token_type: bool = True
    token_scheme: str = "Bearer"
    token_placement: TokenPlacement = "header"
    access_token_proof: str | None = None


def fault_of(facts: OAuth2Facts, credentials: ClientCredentials) -> str | None:
    """Why a record cannot work, or would not be safe: a sentence, or None.

    Args:
        facts: what the provider is like.
        credentials: the app's keys with it.
    """
    if facts.client_authentication not in ("basic", "post"):
        return "client_authentication must be 'basic' or 'post'."
    if credentials.secret is not None and credentials.signed_secret is not None:
        return "secret and signed_secret exclude each other: a client authenticates in one way (RFC 6749 §2.3)."
    if "#" in facts.authorize_url or "#" in facts.token_url:
        return "an endpoint has no fragment (RFC 6749 §3.1, §3.2)."
    if not all(_SCOPE.fullmatch(scope) for scope in facts.scopes):
        return "scopes are listed one by one, without spaces (RFC 6749 §3.3)."
    if facts.access_token_proof is not None and credentials.secret is None:
        return "access_token_proof needs a client secret."
    if not facts.pkce and credentials.secret is None and credentials.signed_secret is None:
        return "pkce=False needs a client secret: without both, anyone can use a code (RFC 9700 §2.1.1)."
    return _parameter_fault(facts) or _token_fault(facts)


def _parameter_fault(facts: OAuth2Facts) -> str | None:
    """Why the parameters of the record get in each other's way. Each has one name and one source (RFC 6749 §3.1)."""
    client_id = facts.client_id_parameter
    taken = (_AUTHORIZATION_PARAMETERS | _TOKEN_PARAMETERS | _PROFILE_PARAMETERS) - {"client_id"}
    if not _NAME.fullmatch(client_id):
        return "client_id_parameter must be the name of a parameter (RFC 6749 §8.2)."
    if client_id in taken or client_id == facts.access_token_proof:
        return "client_id_parameter must not be another parameter of the protocol."
    if not (_AUTHORIZATION_PARAMETERS | {client_id}).isdisjoint(facts.authorize_parameters):
        return "authorize_parameters must not replace a parameter of the protocol."
    if not (_TOKEN_PARAMETERS | {client_id}).isdisjoint(facts.token_parameters):
        return "token_parameters must not replace a parameter of the protocol."
    if not (_TOKEN_PARAMETERS | {client_id}).isdisjoint(facts.callback_parameters):
        return "callback_parameters must not replace a parameter of the protocol."
    if not set(facts.token_parameters).isdisjoint(facts.callback_parameters):
        return "a parameter is in token_parameters or in callback_parameters, not in both."
    return None


def _token_fault(facts: OAuth2Facts) -> str | None:
    """Why an access token could not be used as the record says."""
    if facts.token_placement not in ("header", "body"):
        return "token_placement must be 'header' or 'body'."
    if not is_scheme(facts.token_scheme):
        return "token_scheme must be one word, as an authentication scheme is (RFC 9110 §11.1)."
    if facts.token_placement == "body" and facts.token_scheme != "Bearer":
        return "token_scheme is never used with token_placement='body'. Leave one of them out."
    return None
