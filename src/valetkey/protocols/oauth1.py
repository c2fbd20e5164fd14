"""OAuth 1.0a (RFC 5849 §2).

How this works. A login has three steps, and this module has one function for each:

1. ``authorize`` asks for temporary credentials (a request token with its secret), signed with the app's keys and naming
   the callback URL. The request token finds the login again, and its secret is the memo.
2. ``parse_callback`` reads the query with which the user comes back: which login it belongs to, and whether the user
   refused. It checks nothing else, since the query may be anybody's.
3. ``exchange`` trades the temporary credentials and the verifier of that query for token credentials (an access token).
   The fields that come with them are the claims.

What a step returns exists only after every check of that step has passed: that the provider has read our callback URL,
that the token that came back is the one that was issued, that each field is there once. So the caller cannot use
anything unchecked.

Why no library does this: oauthlib signs requests, and leaves the rest to its caller. requests-oauthlib, which is built
on it, neither checks ``oauth_callback_confirmed`` nor refuses a reply with a field twice. The tests compare the
signatures made here with oauthlib's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..crypto import Secret, constant_time_equals
from ..errors import BadRequest, CallbackNotConfirmed, Denied, ForeignToken, ProviderReplyInvalid
from .base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from .discovery import ServerMetadata
from .encoding import parse_form, percent_encode
from .grammar import is_visible
from .http import Flow, HttpRequest, HttpResponse, Stamp
from .replies import Step, kind_of, refusal, unusable
from .signature import SignatureMethod, authorization_header, base_string, sign


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """The app's keys (consumer key and secret). RFC 5849 §1.1."""

    identifier: str
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth1:
    """A provider that speaks OAuth 1.0a.

    Args:
        credentials: the app's keys with this provider.
        request_token_url: where temporary credentials are asked for (RFC 5849 §2.1). It may have a query.
        authorize_url: where the user is sent (§2.2). It may have a query.
        access_token_url: where they are exchanged (§2.3). It may have a query.
        signature_method: how requests are signed (§3.4).
    """

    credentials: ClientCredentials
    request_token_url: str
    access_token_url: str
    authorize_url: str
    signature_method: SignatureMethod = "HMAC-SHA1"

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server requests."""
        return (self.request_token_url, self.access_token_url)

    @property
    def uses_timestamps(self) -> bool:
        """Every request carries a timestamp. RFC 5849 §3.3."""
        return True

    @property
    def response_mode(self) -> None:
        """The user comes back with a query. RFC 5849 §2.2."""
        return

    def discover(self) -> None:
        """OAuth 1.0a has no discovery: the addresses are written down."""
        return

    def fetch_keys(self, metadata: ServerMetadata | None) -> None:
        """The app's own secret signs, so there are no keys to read."""
        return

    def authorize(self, callback_url: str, inputs: Inputs) -> Flow[AuthorizationRequest]:
        """Ask for temporary credentials. RFC 5849 §2.1.

        Args:
            callback_url: where the provider sends the user back to, to the letter as it is registered there.
            inputs: makes the time and the nonce of the request.

        Raises:
            ProviderError: refused, unavailable, or a reply that cannot be trusted.
        """
        response = yield self.signed("POST", self.request_token_url, inputs.nonces(), {"oauth_callback": callback_url})
        fields = read_form(response, step="request_token", callback_url=callback_url)
        require_confirmed(fields)
        token = require_field(fields, "oauth_token")
        secret = Secret(require_field(fields, "oauth_token_secret"))
        joint = "&" if "?" in self.authorize_url else "?"
        return AuthorizationRequest(
            url=f"{self.authorize_url}{joint}oauth_token={percent_encode(token)}",
            request_id=token,
            memo={"token_secret": secret},
        )

    def exchange(self, pending: PendingRequest, parameters: CallbackParameters, inputs: Inputs) -> Flow[Grant]:
        """Exchange temporary credentials and a verifier for token credentials. RFC 5849 §2.3.

        Args:
            pending: the temporary credentials that this login was issued.
            parameters: the callback.
            inputs: makes the time and the nonce of the request.

        Raises:
            BadRequest: the query has no verifier.
            ForeignToken: the token that came back is not the one issued.
            ProviderError: refused, unavailable, or a reply that cannot be trusted.
        """
        require_issued(pending, parameters.query)
        verifier = parameters.query.get("oauth_verifier")
        if not verifier:
            raise BadRequest("The callback has no oauth_verifier.")
        extra = {"oauth_token": pending.request_id, "oauth_verifier": verifier}
        secret = pending.kept("token_secret")
        response = yield self.signed("POST", self.access_token_url, inputs.nonces(), extra, secret)
        fields = read_form(response, step="access_token")
        return Grant(
            access_token=Secret(require_field(fields, "oauth_token")),
            token_secret=Secret(require_field(fields, "oauth_token_secret")),
            fields={name: value for name, value in fields.items() if not name.startswith("oauth_")},
        )

    def claims(self, grant: Grant, pending: PendingRequest, inputs: Inputs) -> Mapping[str, object]:
        """The fields that came with the token credentials. The exchange has checked them."""
        return grant.fields

    def userinfo_url(self, claims: Mapping[str, object], inputs: Inputs) -> None:
        """OAuth 1.0a has no such endpoint."""
        return

    def read(self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET") -> Flow[HttpResponse]:
        """Send a signed request on the user's behalf, and return the response unchecked. RFC 5849 §3.

        Args:
            url: what to read, such as the user's profile.
            grant: the token credentials of the login.
            inputs: makes the time and the nonce of the request.
            method: GET, or POST without a body.
        """
        extra = {"oauth_token": grant.access_token.reveal()}
        return (yield self.signed(method, url, inputs.nonces(), extra, grant.token_secret))

    def parse_callback(self, query: Query) -> CallbackParameters:
        """Read a callback's query. RFC 5849 §2.2; ``denied`` is X's word for a user who refused.

        Raises:
            BadRequest: the query has neither a token with its verifier nor a denial, or it has both.
        """
        token, verifier, denied = query.get("oauth_token"), query.get("oauth_verifier"), query.get("denied")
        if token and verifier and denied is None:
            return CallbackParameters(request_id=token, query=query)
        if denied and verifier is None and token is None:
            return CallbackParameters(request_id=denied, refusal=Denied(), query=query)
        raise BadRequest("A callback carries oauth_token with oauth_verifier, or denied; not less, not both.")

    def signed(
        self, method: str, url: str, stamp: Stamp, extra: Mapping[str, str], token_secret: Secret | None = None
    ) -> HttpRequest:
        """Make a request with its ``Authorization`` header. RFC 5849 §3.1, §3.5.1.

        Args:
            method: the HTTP method.
            url: the address; the parameters of its query are signed, too.
            stamp: the request's time and nonce.
            extra: the protocol's parameters for this request, beside those that every request has.
            token_secret: the secret of the token that is used, where there is one.
        """
        parameters = {
            "oauth_consumer_key": self.credentials.identifier,
            "oauth_nonce": stamp.nonce,
            "oauth_signature_method": self.signature_method,
            "oauth_timestamp": str(stamp.timestamp),
            "oauth_version": "1.0",
            **extra,
        }
        text = base_string(method, url, parameters.items())
        parameters["oauth_signature"] = sign(
            text,
            self.credentials.secret.reveal(),
            token_secret.reveal() if token_secret else "",
            self.signature_method,
        )
        return HttpRequest(method=method, url=url, headers={"Authorization": authorization_header(parameters.items())})


def require_confirmed(fields: Mapping[str, str]) -> None:
    """Require that the provider has read our callback URL. RFC 5849 §2.1.

    The provider then uses no other URL. Otherwise an attacker could receive what a victim approved at a callback URL of
    their own. This is the flaw of 1.0 that 1.0a fixed.

    Raises:
        CallbackNotConfirmed: the provider has not confirmed it.
    """
    if fields.get("oauth_callback_confirmed") != "true":
        raise CallbackNotConfirmed


def require_issued(pending: PendingRequest, query: Query) -> None:
    """Require that the token that came back is the one that was issued for this login. RFC 5849 §2.2.

    Raises:
        ForeignToken: it is another one.
    """
    if not constant_time_equals(query.get("oauth_token"), pending.request_id):
        raise ForeignToken


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

    A success has status 200, or 201 as some servers say it.

    Args:
        response: the reply.
        step: what was asked for, for the error.
        callback_url: the one that was sent, for the error.

    Raises:
        ProviderError: refused, unavailable, or not a form.
    """
    if response.status not in (200, 201):
        raise refusal(response, step=step, callback_url=callback_url)
    if kind_of(response) not in ("form", "text"):
        raise unusable(response, step, "a form")
    return parse_form(response.body)
