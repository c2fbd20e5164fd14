"""OpenID Connect: OAuth 2.0, and an ID token that says who the user is. OpenID Connect Core 1.0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from .discovery import ServerMetadata
from .http import Flow, HttpResponse
from .oauth2 import CANCEL_ERRORS, ClientAuthentication, ClientCredentials


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIDConnect:
    """A provider that speaks OpenID Connect.

    Args:
        credentials: the app's keys with this provider.
        issuer: the issuer's identifier, to the letter.
        metadata: the provider's addresses. None: they are discovered (OpenID Connect Discovery 1.0 §4).
        scopes: what is asked for. ``openid`` must be there (Core §3.1.2.1).
        client_authentication: ``"basic"`` or ``"post"``. None: as the metadata says, and basic if it says nothing.
        algorithms: how ID tokens may be signed. None: those of the metadata that are known to be safe.
        expected_issuer: says which issuer an ID token must name, from its claims, where that is not always ``issuer``.
        other_issuers: further spellings of the issuer that an ID token may have.
        other_audiences: audiences that an ID token may name beside this client (Core §3.1.3.7 (3)).
        metadata_issuer: what the metadata may name in the place of ``issuer``.
        returns_nonce: whether ID tokens have the nonce. A few providers are known to drop it.
        sends_iss: whether every callback must have an ``iss`` (RFC 9207 §3). None: as the metadata says.
        response_mode: how the provider sends the user back, such as ``form_post``. None: in the query.
        authorize_parameters: further parameters of the authorization request.
        headers: further headers of every request that is sent.
        cancel_errors: error codes that mean that the user refused, in lower case.
        reads_userinfo: whether a name or an e-mail that the ID token lacks is read at the UserInfo endpoint (§5.3).
    """

    credentials: ClientCredentials
    issuer: str
    metadata: ServerMetadata | None = None
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    client_authentication: ClientAuthentication | None = None
    algorithms: tuple[str, ...] | None = ("RS256",)
    expected_issuer: Callable[[Mapping[str, object]], str] | None = None
    other_issuers: tuple[str, ...] = ()
    other_audiences: tuple[str, ...] = ()
    metadata_issuer: str | None = None
    returns_nonce: bool = True
    sends_iss: bool | None = None
    response_mode: str | None = None
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cancel_errors: frozenset[str] = CANCEL_ERRORS
    reads_userinfo: bool = False

    @property
    def authorize_url(self) -> str:
        """Where users are sent. The issuer, where the metadata is discovered."""
        return self.metadata.authorize_url if self.metadata is not None else self.issuer

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server requests and that are known before the first login."""
        if self.metadata is None:
            return (f"{self.issuer.removesuffix('/')}/.well-known/openid-configuration",)
        keys = (self.metadata.keys_url,) if self.metadata.keys_url else ()
        return (self.metadata.token_url, *keys)

    @property
    def uses_timestamps(self) -> bool:
        """Whether the token request has a signed secret with a time in it."""
        return self.credentials.signed_secret is not None

    @property
    def discovery_url(self) -> str | None:
        """Where the metadata is read. None if it is written down. Discovery §4.1."""
        raise NotImplementedError

    def keys_url(self, metadata: ServerMetadata | None) -> str | None:
        """Where the issuer's keys are read."""
        raise NotImplementedError

    def authorize(self, callback_url: str, inputs: Inputs) -> Flow[AuthorizationRequest]:
        """Make the address that the user is sent to. It sends no request. Core §3.1.2.1."""
        raise NotImplementedError

    def parse_callback(self, query: Query) -> CallbackParameters:
        """Read a callback's query. Core §3.1.2.5, §3.1.2.6."""
        raise NotImplementedError

    def exchange(self, pending: PendingRequest, parameters: CallbackParameters, inputs: Inputs) -> Flow[Grant]:
        """Exchange the code for an access token and an ID token. Core §3.1.3."""
        raise NotImplementedError

    def claims(self, grant: Grant, pending: PendingRequest, inputs: Inputs) -> Mapping[str, object]:
        """The claims of the ID token, once it has passed every check. Core §3.1.3.7."""
        raise NotImplementedError

    def userinfo_url(self, claims: Mapping[str, object], inputs: Inputs) -> str | None:
        """The UserInfo endpoint, if the claims lack what it may have. Core §5.3."""
        raise NotImplementedError

    def read(self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET") -> Flow[HttpResponse]:
        """Send a request with the access token in its header, and return the response unchecked. RFC 6750 §2.1."""
        raise NotImplementedError
