"""OAuth 1.0a (RFC 5849 §2).

How this works. A login has three steps, and this module has one function for each:

1. ``authorize`` asks for temporary credentials (a request token with its secret), signed with the app's keys and naming
   the callback URL. The request token finds the login again, and its secret is the memo.
2. ``parse_callback`` reads the query with which the user comes back: which login it belongs to, and whether the user
   refused (``callback``). It checks nothing else, since the query may be anybody's.
3. ``exchange`` trades the temporary credentials and the verifier of that query for token credentials (an access token).
   The fields that come with them are the claims.

What a step returns exists only after every check of that step has passed: that the provider has read our callback URL,
that the token that came back is the one that was issued, that each field is there once. So the caller cannot use
anything unchecked.

How a provider differs from the RFC's examples stands in its record: ``facts`` has the names, ``signed_request``
follows them.

Why no library does this: oauthlib signs requests, and leaves the rest to its caller. requests-oauthlib, which is built
on it, neither checks ``oauth_callback_confirmed`` nor refuses a reply with a field twice. The tests compare the
signatures made here with oauthlib's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ...crypto import Secret, constant_time_equals
from ...errors import BadRequest, ForeignToken, SettingsError
from ..base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from ..discovery import ServerMetadata
from ..encoding import with_query
from ..http import Flow, HttpResponse
from .callback import read_callback
from .facts import OAuth1Facts, sends_in_the_clear
from .replies import read_form, require_confirmed, require_field, require_success
from .signature import rsa_key_fault
from .signed_request import ClientCredentials, PreparedRequest


@dataclass(frozen=True, kw_only=True)
class OAuth1(OAuth1Facts):
    """A provider that speaks OAuth 1.0a, with the app's keys.

    Args:
        credentials: the app's keys with this provider.

    Raises:
        SettingsError: the record cannot work, or would not be safe.
    """

    credentials: ClientCredentials

    def __post_init__(self) -> None:
        super().__post_init__()
        fault = self._credentials_fault()
        if fault is not None:
            raise SettingsError(f"OAuth 1.0a: {fault}")

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
        sent = callback_url if self.sends_callback == "request_token" else "oob"
        response = yield self._request_for_token(sent).signed(inputs.nonces())
        require_success(response, self.refusal_prefix, step="request_token", callback_url=callback_url)
        fields = read_form(response, step="request_token", callback_url=callback_url)
        require_confirmed(fields, optional=self.trusts_callback_without_confirmation)
        token = require_field(fields, "oauth_token")
        secret = Secret(require_field(fields, "oauth_token_secret"))
        key = self.consumer_key_parameter
        parameters = {
            **self.authorize_parameters,
            **({key: self.credentials.identifier} if key is not None else {}),
            self.token_parameter: token,
        }
        return AuthorizationRequest(
            url=with_query(self.authorize_url, parameters), request_id=token, memo={"token_secret": secret}
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
        values = {"oauth_token": pending.request_id, "oauth_verifier": verifier}
        response = yield self._request_for_access.signed(inputs.nonces(), values, pending.kept("token_secret"))
        require_success(response, self.refusal_prefix, step="access_token")
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

    def read(
        self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET", json_body: str | None = None
    ) -> Flow[HttpResponse]:
        """Send a signed request on the user's behalf, and return the response unchecked. RFC 5849 §3.

        Args:
            url: what to read, such as the user's profile.
            grant: the token credentials of the login.
            inputs: makes the time and the nonce of the request.
            method: GET or POST.
            json_body: the body of a POST, in JSON. The signature does not cover it (§3.4.1.3.1).
        """
        prepared = PreparedRequest(
            self,
            self.credentials,
            method="POST" if method == "POST" else "GET",
            url=url,
            protocol={"oauth_token": grant.access_token.reveal()},
        )
        request = prepared.signed(inputs.nonces(), token_secret=grant.token_secret)
        if json_body is not None:
            headers = {**request.headers, "Content-Type": "application/json"}
            request = replace(request, headers=headers, body=json_body.encode())
        return (yield request)

    def parse_callback(self, query: Query) -> CallbackParameters:
        """Read a callback's query. RFC 5849 §2.2."""
        return read_callback(query, denied_verifier=self.denied_verifier)

    def _request_for_token(self, callback: str) -> PreparedRequest:
        """The first request, prepared. The callback URLs are those of the settings, so there are few."""
        prepared = self._requests_for_tokens.get(callback)
        if prepared is None:
            prepared = self._requests_for_tokens[callback] = PreparedRequest(
                self,
                self.credentials,
                method=self.request_method,
                url=self.request_token_url,
                protocol={"oauth_callback": callback},
                more=self.request_parameters,
            )
        return prepared

    @cached_property
    def _requests_for_tokens(self) -> dict[str, PreparedRequest]:
        return {}

    @cached_property
    def _request_for_access(self) -> PreparedRequest:
        """The exchange, prepared."""
        return PreparedRequest(
            self,
            self.credentials,
            method=self.access_method,
            url=self.access_token_url,
            protocol={"oauth_token": None, "oauth_verifier": None},
        )

    def _credentials_fault(self) -> str | None:
        """Why this app's keys cannot sign, or would not stay secret."""
        keys = self.credentials
        if self.signature_method == "RSA-SHA1":
            if keys.private_key is None:
                return "RSA-SHA1 needs a private key: ClientCredentials(identifier=…, private_key=…)."
            if keys.secret is not None:
                return "RSA-SHA1 uses no consumer secret. Leave it out (RFC 5849 §3.4.3)."
            return rsa_key_fault(keys.private_key.reveal())
        if keys.private_key is not None:
            return f"{self.signature_method} uses no private key. Leave it out, or say signature_method='RSA-SHA1'."
        if keys.secret is None or not keys.secret.reveal():
            return f"{self.signature_method} needs the consumer secret."
        if self.signature_method == "PLAINTEXT" and any(map(sends_in_the_clear, self.requested)):
            return "PLAINTEXT sends the secrets themselves, so it needs https addresses (RFC 5849 §3.4.4)."
        return None


def require_issued(pending: PendingRequest, query: Query) -> None:
    """Require that the token that came back is the one that was issued for this login. RFC 5849 §2.2.

    Raises:
        ForeignToken: it is another one.
    """
    if not constant_time_equals(query.get("oauth_token"), pending.request_id):
        raise ForeignToken
