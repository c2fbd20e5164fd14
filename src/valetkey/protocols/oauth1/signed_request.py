"""A signed request: where its parameters are, and how it is signed. RFC 5849 §3.

How this works. Most of a request is the same at every login: its address, the app's key, the names of the parameters
and their order. So a request is prepared once, with gaps for what varies: the nonce, the time, and what the login
brings. The base string has the values encoded twice, and the request itself has them once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...crypto import Secret
from ..encoding import percent_encode, with_query
from ..http import HttpRequest, Stamp
from .facts import Method, OAuth1Facts
from .signature import Template, base_template, sign, sign_with_key

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """The app's keys. RFC 5849 §1.1.

    Args:
        identifier: the consumer key.
        secret: the consumer secret. None where a private key signs.
        private_key: an RSA key in PEM, which signs where the method is RSA-SHA1.
    """

    identifier: str
    secret: Secret | None = None
    private_key: Secret | None = None


class PreparedRequest:
    """A request that is prepared, and signed as often as it is sent. RFC 5849 §3.1, §3.5.

    Args:
        facts: how the provider wants it.
        credentials: sign it.
        method: of HTTP.
        url: the address. The parameters of its query are signed, too.
        protocol: the protocol's parameters for this request, beside those that every request has. None: its value
            varies, and comes when the request is signed.
        more: further parameters, which the provider defines. They are signed, too.
    """

    __slots__ = ("_base", "_body", "_credentials", "_facts", "_headers", "_method", "_placed", "_placement", "_url")

    def __init__(
        self,
        facts: OAuth1Facts,
        credentials: ClientCredentials,
        *,
        method: Method,
        url: str,
        protocol: Mapping[str, str | None],
        more: Mapping[str, str] | None = None,
    ) -> None:
        placement = "header" if facts.parameters_in == "body" and method == "GET" else facts.parameters_in
        form = dict(more or {})
        if form and (method == "GET" or placement == "query"):
            url, form = with_query(url, form), {}
        parameters: dict[str, str | None] = {
            "oauth_consumer_key": credentials.identifier,
            "oauth_nonce": None,
            "oauth_signature_method": facts.signature_method,
            "oauth_timestamp": None,
            "oauth_version": "1.0",
            **protocol,
        }
        self._facts = facts
        self._credentials = credentials
        self._method = method
        self._url = url
        headers = dict(facts.headers)
        self._base = base_template(method, url, [*parameters.items(), *form.items()])
        self._placement = placement
        parameters["oauth_signature"] = None
        if placement == "header":
            # RFC 9110 §11.5: None leaves the realm out, which differs from an empty one. It is not signed.
            start = "OAuth " if facts.realm is None else f'OAuth realm="{facts.realm}", '
            self._placed = Template(parameters.items(), start=start, equals='="', between='", ', end='"')
        elif placement == "query":
            self._placed = Template(parameters.items(), start=f"{url}{'&' if '?' in url else '?'}")
        else:
            self._placed = Template([*form.items(), *parameters.items()])
        self._body = b"" if placement == "body" else Template(form.items()).filled({}).encode()
        if form or placement == "body":
            headers["Content-Type"] = _FORM
        # Requests without a header of their own share these.
        self._headers: Mapping[str, str] = headers if placement == "header" else MappingProxyType(headers)

    def signed(
        self, stamp: Stamp, values: Mapping[str, str] | None = None, token_secret: Secret | None = None
    ) -> HttpRequest:
        """Sign the request.

        Args:
            stamp: its time and nonce.
            values: of the parameters that vary.
            token_secret: the secret of the token that is used, where there is one.
        """
        once = {"oauth_nonce": percent_encode(stamp.nonce), "oauth_timestamp": str(stamp.timestamp)}
        for name, value in (values or {}).items():
            once[name] = percent_encode(value)
        # What is encoded has no other character to encode again than the percent sign.
        text = self._base.filled({name: value.replace("%", "%25") for name, value in once.items()})
        once["oauth_signature"] = percent_encode(_signature(self._facts, self._credentials, text, token_secret))
        placed = self._placed.filled(once)
        url, headers, body = self._url, self._headers, self._body
        if self._placement == "header":
            headers = {**headers, "Authorization": placed}
        elif self._placement == "query":
            url = placed
        else:
            body = placed.encode()
        return HttpRequest(method=self._method, url=url, headers=headers, body=body)


def _signature(facts: OAuth1Facts, credentials: ClientCredentials, text: str, token_secret: Secret | None) -> str:
    if facts.signature_method == "RSA-SHA1" and credentials.private_key is not None:
        return sign_with_key(text, credentials.private_key.reveal())
    if credentials.secret is None:  # OAuth1 was checked when it was created
        raise ValueError("there is nothing to sign with")
    theirs = token_secret.reveal() if token_secret is not None else ""
    return sign(text, credentials.secret.reveal(), theirs, facts.signature_method)
