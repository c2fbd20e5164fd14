"""OAuth 2.0: the authorization code grant with PKCE. RFC 6749 §4.1, RFC 7636, RFC 9700."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..crypto import Secret
from .base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from .discovery import ServerMetadata
from .http import Flow, HttpResponse

ClientAuthentication = Literal["basic", "post"]

# How providers say that the user pressed Cancel. The first is the standard's word (RFC 6749 §4.1.2.1).
CANCEL_ERRORS = frozenset(
    {"access_denied", "user_cancelled_login", "user_cancelled_authorize", "user_denied", "cancelled", "canceled"}
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """A provider that speaks OAuth 2.0.

    Args:
        credentials: the app's keys with this provider.
        authorize_url: where the user is sent (RFC 6749 §3.1). It may have a query.
        token_url: where the code is exchanged (§3.2).
        scopes: what is asked for (§3.3).
        scope_separator: what stands between two scopes. The standard has a space.
        client_authentication: where the token request has the secret: ``"basic"`` in the Authorization header,
            ``"post"`` in the body (§2.3.1). A client without a secret sends its id in the body.
        issuer: the provider's identifier, if it is known. A callback's ``iss`` must equal it (RFC 9207 §2.4).
        sends_iss: whether every callback must have an ``iss``.
        response_mode: how the provider sends the user back, such as ``form_post``. None: in the query.
        authorize_parameters: further parameters of the authorization request.
        callback_parameters: names of parameters that are copied from the callback into the token request.
        headers: further headers of every request that is sent.
        cancel_errors: error codes that mean that the user refused, in lower case.
        access_token_proof: the name of a query parameter that proves, with every use of an access token, that the
            client has its secret too (Facebook's ``appsecret_proof``).
    """

    credentials: ClientCredentials
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...] = ()
    scope_separator: str = " "
    client_authentication: ClientAuthentication = "post"
    issuer: str | None = None
    sends_iss: bool = False
    response_mode: str | None = None
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    callback_parameters: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    cancel_errors: frozenset[str] = CANCEL_ERRORS
    access_token_proof: str | None = None

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server requests and that are known before the first login."""
        return (self.token_url,)

    @property
    def uses_timestamps(self) -> bool:
        """Whether the token request has a signed secret with a time in it."""
        return self.credentials.signed_secret is not None

    @property
    def discovery_url(self) -> str | None:
        """None: the addresses are written down."""
        return None

    def keys_url(self, metadata: ServerMetadata | None) -> str | None:
        """None: plain OAuth 2.0 has no ID token."""
        return None

    def authorize(self, callback_url: str, inputs: Inputs) -> Flow[AuthorizationRequest]:
        """Make the address that the user is sent to. It sends no request. RFC 6749 §4.1.1, RFC 7636 §4.3."""
        raise NotImplementedError

    def parse_callback(self, query: Query) -> CallbackParameters:
        """Read a callback's query. RFC 6749 §4.1.2, RFC 9207 §2.4."""
        raise NotImplementedError

    def exchange(self, pending: PendingRequest, parameters: CallbackParameters, inputs: Inputs) -> Flow[Grant]:
        """Exchange the code for an access token. RFC 6749 §4.1.3, RFC 7636 §4.5."""
        raise NotImplementedError

    def claims(self, grant: Grant, pending: PendingRequest, inputs: Inputs) -> Mapping[str, object]:
        """The other fields of the token reply. Plain OAuth 2.0 says nothing about the user."""
        raise NotImplementedError

    def userinfo_url(self, claims: Mapping[str, object], inputs: Inputs) -> str | None:
        """None: a provider's file says where its profile is."""
        return None

    def read(self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET") -> Flow[HttpResponse]:
        """Send a request with the access token in its header, and return the response unchecked. RFC 6750 §2.1."""
        raise NotImplementedError
