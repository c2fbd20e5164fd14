"""What a provider over OAuth 1.0a says of itself, and which of it cannot work. RFC 5849.

Two things cannot be said here. There is no provider without a verifier: that is OAuth 1.0, at which an attacker starts
a login, lets a victim approve it, and is signed in as the victim (oauth.net/advisories/2009-1). No setting of ours can
make such a login safe, because the callback then has nothing that only the browser of the victim knows. And there is no
callback URL at the authorize address, which is the other half of the same flaw.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from ...errors import ProviderReplyInvalid, SettingsError
from ..grammar import is_printable, is_visible, lower
from .signature import SIGNATURE_METHODS, SignatureMethod, query_parameters

Method = Literal["GET", "POST"]
Placement = Literal["header", "query", "body"]

# token = 1*tchar                                                                                     RFC 9110 §5.6.2
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.\-]+")
# The client or this module writes these itself.
_OWN_HEADERS = frozenset(
    {
        *("accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie"),
        *("host", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_PROTOCOL = "oauth_"
_ADDRESSES = ("request_token_url", "authorize_url", "access_token_url")


@dataclass(frozen=True, kw_only=True)
class OAuth1Facts:
    """What a provider over OAuth 1.0a says of itself: everything but the app's keys.

    Args:
        request_token_url: where temporary credentials are asked for (RFC 5849 §2.1). It may have a query, which is
            signed.
        authorize_url: where the user is sent (§2.2). It may have a query.
        access_token_url: where they are exchanged (§2.3). It may have a query, which is signed.
        signature_method: how requests are signed (§3.4). PLAINTEXT sends the secrets themselves, so it needs https.
        request_method: the method of the first request: POST, or GET.
        access_method: the method of the exchange.
        parameters_in: where a request has the protocol's parameters (§3.5): in the ``Authorization`` header, in the
            query, or in a form. The callback URL and the verifier are among them. A profile request by GET has them in
            the header where the others have them in a form.
        sends_callback: ``"request_token"``: the first request names the callback URL. ``"oob"``: it says ``oob``,
            because the provider uses the callback URL that is registered there.
        trusts_callback_without_confirmation: also accept a first reply without ``oauth_callback_confirmed`` (§2.1). A
            provider that leaves it out may not have read our callback URL. Say it only of a provider whose page says
            that it uses no callback URL but the one that is sent or registered. The verifier stays required.
        realm: of the ``Authorization`` header (§3.5.1). None leaves it out, and ``""`` sends an empty one.
        request_parameters: further parameters of the first request, such as a scope. They are signed. They are in a
            form, or, in a GET request or with ``parameters_in="query"``, in the query.
        authorize_parameters: further parameters of the address that the user is sent to.
        token_parameter: the name of the request token in that address.
        consumer_key_parameter: the name of the app's key in that address. None: it is not there.
        denied_verifier: the verifier with which the provider says that the user refused, such as ``denied``.
        refusal_prefix: how a reply begins that refuses with status 200, such as ``Error: ``. It then counts as one with
            401. What follows is not read: it is in the language of the server.
        headers: further headers of every request that is sent, such as a ``User-Agent``.

    Raises:
        SettingsError: the record cannot work, or would not be safe.
    """

    request_token_url: str
    authorize_url: str
    access_token_url: str
    signature_method: SignatureMethod = "HMAC-SHA1"
    request_method: Method = "POST"
    access_method: Method = "POST"
    parameters_in: Placement = "header"
    sends_callback: Literal["request_token", "oob"] = "request_token"
    trusts_callback_without_confirmation: bool = False
    realm: str | None = None
    request_parameters: Mapping[str, str] = field(default_factory=dict)
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    token_parameter: str = "oauth_token"  # a name
    consumer_key_parameter: str | None = None
    denied_verifier: str | None = None
    refusal_prefix: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        fault = facts_fault(self)
        if fault is not None:
            raise SettingsError(f"OAuth 1.0a: {fault}")


def facts_fault(facts: OAuth1Facts) -> str | None:
    """Why a provider cannot work as it is described, or would not be safe: a sentence, or None."""
    return _choice_fault(facts) or _address_fault(facts) or _parameter_fault(facts) or _header_fault(facts)


def _choice_fault(facts: OAuth1Facts) -> str | None:
    if facts.signature_method not in SIGNATURE_METHODS:
        return f"signature_method must be one of {', '.join(SIGNATURE_METHODS)}."
    if facts.request_method not in ("GET", "POST") or facts.access_method not in ("GET", "POST"):
        return "request_method and access_method must be 'GET' or 'POST'."
    if facts.parameters_in not in ("header", "query", "body"):
        return "parameters_in must be 'header', 'query' or 'body'."
    if facts.parameters_in == "body" and "GET" in (facts.request_method, facts.access_method):
        return "parameters_in='body' needs POST requests: a GET request has no form (RFC 5849 §3.5.2)."
    if facts.parameters_in == "query" and facts.signature_method == "PLAINTEXT":
        return "PLAINTEXT with parameters_in='query' would write the secrets into addresses, which servers log."
    if facts.sends_callback not in ("request_token", "oob"):
        return "sends_callback must be 'request_token' or 'oob'."
    if facts.trusts_callback_without_confirmation not in (True, False):
        return "trusts_callback_without_confirmation must be True or False."
    return None


def _address_fault(facts: OAuth1Facts) -> str | None:
    for name in _ADDRESSES:
        url: object = getattr(facts, name)
        if not isinstance(url, str) or not url:  # the settings check its scheme, host and characters
            return f"{name} must be an address."
        if "#" in url:
            return f"{name} must have no fragment: a fragment is never sent (RFC 9110 §7.1)."
        try:
            names = [one for one, _ in query_parameters(url)]
        except (ProviderReplyInvalid, ValueError):
            return f"{name} cannot be read: check its percent signs and its port."
        if any(one.startswith(_PROTOCOL) for one in names) or len(names) != len(set(names)):
            return f"{name} must not have a parameter of the protocol in its query, nor one parameter twice."
    return None


def _parameter_fault(facts: OAuth1Facts) -> str | None:
    for label, parameters, url in (
        ("request_parameters", facts.request_parameters, facts.request_token_url),
        ("authorize_parameters", facts.authorize_parameters, facts.authorize_url),
    ):
        if not all(_PARAMETER_NAME.fullmatch(name) and isinstance(value, str) for name, value in parameters.items()):
            return f"{label} must have plain names and texts."
        if any(name.startswith(_PROTOCOL) for name in parameters):
            return f"{label} must not replace a parameter of the protocol: none may begin with oauth_."
        if not {name for name, _ in query_parameters(url)}.isdisjoint(parameters):
            return f"{label} must not repeat a parameter that the address has already."
    ours = [facts.token_parameter, *([] if facts.consumer_key_parameter is None else [facts.consumer_key_parameter])]
    taken = {*facts.authorize_parameters, *(name for name, _ in query_parameters(facts.authorize_url))}
    if not all(_PARAMETER_NAME.fullmatch(name) for name in ours) or len(set(ours)) != len(ours) or taken & set(ours):
        return "token_parameter and consumer_key_parameter must be plain names that nothing else in the address has."
    if "oauth_callback" in ours:
        return "oauth_callback is never sent to authorize_url: that is OAuth 1.0, which is not safe."
    if facts.denied_verifier is not None and not is_visible(facts.denied_verifier):
        return "denied_verifier must be the word that the provider sends, such as 'denied'."
    prefix = facts.refusal_prefix
    if prefix is not None and (not is_printable(prefix) or "=" in prefix):
        return "refusal_prefix must be how a refusal begins and a form cannot, such as 'Error: '."
    return None


def _header_fault(facts: OAuth1Facts) -> str | None:
    realm = facts.realm
    if realm is not None and facts.parameters_in != "header":
        return "realm is a part of the Authorization header. It needs parameters_in='header'."
    if realm and (not is_printable(realm) or '"' in realm or "\\" in realm):
        return "realm must be printable ASCII without quotes and backslashes."
    for name, value in facts.headers.items():
        if not _HEADER_NAME.fullmatch(name) or lower(name) in _OWN_HEADERS:
            return "headers must not have a header that the request has of itself, such as Authorization."
        if not is_printable(value) or value != value.strip(" "):
            return "headers must have printable ASCII values, without spaces at their ends."
    if len({lower(name) for name in facts.headers}) != len(facts.headers):
        return "headers must not have one header twice."
    return None


def sends_in_the_clear(url: str) -> bool:
    """Whether a request to an address crosses a network without TLS. Plain http to this machine does not."""
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost")
