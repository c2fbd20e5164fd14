"""OpenID Connect: OAuth 2.0, and an ID token that says who the user is. OpenID Connect Core 1.0 §3.1.

How this works. A login is one of OAuth 2.0 (``oauth2``), with three additions:

- The authorization request has a ``nonce`` as well. It comes back inside the ID token, which so belongs to this login
  and to no other (§3.1.2.1).
- The token reply has an ID token, whose claims are used once it has passed every check (``id_token``).
- Endpoints and keys are the issuer's. A provider's file has them written down, or they are read from the issuer's
  metadata (``discovery``). Both come in as ``Inputs``, so this module sends no request for them.

A name or an e-mail that the ID token lacks may be at the UserInfo endpoint (§5.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..errors import ProviderReplyInvalid, ProviderUnavailable, SettingsError
from .authorization_response import CANCEL_ERRORS, read_callback
from .base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from .discovery import ServerMetadata, discovery_url_of, fetch_metadata
from .grammar import number
from .http import Flow, HttpResponse
from .id_token import Expectations, verified_claims
from .jwks import ALGORITHMS, KeySet, fetch_keys
from .oauth2 import ClientAuthentication, ClientCredentials, OAuth2, draw

# An issuer's identifier: scheme, host, and optionally a port and a path                                    Core §1.2
_ISSUER = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(?:/[A-Za-z0-9\-._~%!$&'()*+,;=:@/{}]*)?")


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

    Raises:
        SettingsError: the record cannot work, or a part of it would undo a rule of the protocol.
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
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cancel_errors: frozenset[str] = CANCEL_ERRORS
    reads_userinfo: bool = False

    def __post_init__(self) -> None:
        fault = self._fault()
        if fault is not None:
            raise SettingsError(f"OpenID Connect: {fault}")
        # What OAuth 2.0 refuses is refused here too, and not when the metadata has come.
        self._oauth2_at(
            self.metadata or ServerMetadata(issuer=self.issuer, authorize_url=self.issuer, token_url=self.issuer)
        )

    @property
    def authorize_url(self) -> str:
        """Where users are sent. The issuer, where the metadata is discovered."""
        return self.metadata.authorize_url if self.metadata is not None else self.issuer

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server requests and that are known before the first login."""
        if self.metadata is None:
            return (discovery_url_of(self.issuer),)
        userinfo = self.metadata.userinfo_url if self.reads_userinfo else None
        return tuple(url for url in (self.metadata.token_url, self.metadata.keys_url, userinfo) if url)

    @property
    def uses_timestamps(self) -> bool:
        """Whether the token request has a signed secret with a time in it."""
        return self.credentials.signed_secret is not None

    def discover(self) -> Flow[ServerMetadata] | None:
        """Read the issuer's metadata. None if it is written down. Discovery §4."""
        if self.metadata is not None:
            return None
        return fetch_metadata(self.issuer, accepted=self.metadata_issuer, headers=self.headers)

    def fetch_keys(self, metadata: ServerMetadata | None) -> Flow[KeySet] | None:
        """Read the issuer's keys. Core §10.1.1."""
        known = self.metadata or metadata
        if known is None or known.keys_url is None:
            return None
        return fetch_keys(known.keys_url, headers=self.headers)

    def authorize(self, callback_url: str, inputs: Inputs) -> Flow[AuthorizationRequest]:
        """Make the address that the user is sent to. It sends no request. Core §3.1.2.1."""
        yield from ()
        return self._oauth2(inputs).authorize_with(callback_url, inputs, {"nonce": draw(inputs)})

    def parse_callback(self, query: Query) -> CallbackParameters:
        """Read a callback's query. Core §3.1.2.5, §3.1.2.6, RFC 9207 §2.4."""
        return read_callback(query, issuer=self._known_issuer, cancel_errors=self.cancel_errors)

    def exchange(self, pending: PendingRequest, parameters: CallbackParameters, inputs: Inputs) -> Flow[Grant]:
        """Exchange the code for an access token and an ID token. Core §3.1.3."""
        pending.kept("nonce")  # what the ID token will be compared with
        grant = yield from self._oauth2(inputs).exchange(pending, parameters, inputs)
        if grant.id_token is None:
            raise ProviderReplyInvalid("The token reply has no id_token (OpenID Connect Core §3.1.3.3).")
        return grant

    def claims(self, grant: Grant, pending: PendingRequest, inputs: Inputs) -> Mapping[str, object]:
        """The claims of the ID token, once it has passed every check. Core §3.1.3.7."""
        if grant.id_token is None:
            raise ProviderReplyInvalid("The token reply has no id_token (OpenID Connect Core §3.1.3.3).")
        if inputs.keys is None:
            raise ProviderUnavailable("The issuer's keys could not be read, so the ID token cannot be verified.")
        expected = Expectations(
            client_id=self.credentials.identifier,
            algorithms=self._algorithms(inputs),
            issuers_of=self._issuers,
            other_audiences=self.other_audiences,
            nonce=pending.kept("nonce"),
            returns_nonce=self.returns_nonce,
            access_token=grant.access_token,
            now=inputs.nonces().timestamp,
            max_age=number(self.authorize_parameters.get("max_age", "")),
            acr_values=tuple(self.authorize_parameters.get("acr_values", "").split()),
        )
        return verified_claims(grant.id_token, inputs.keys, expected)

    def userinfo_url(self, claims: Mapping[str, object], inputs: Inputs) -> str | None:
        """The UserInfo endpoint, if the claims lack a name or an e-mail, and the record reads it. Core §5.3, §5.4."""
        named = claims.get("name") or claims.get("preferred_username")
        if not self.reads_userinfo or (named and claims.get("email")):
            return None
        return self._metadata(inputs).userinfo_url

    def read(self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET") -> Flow[HttpResponse]:
        """Send a request with the access token in its header, and return the response unchecked. RFC 6750 §2.1."""
        return (yield from self._oauth2(inputs).read(url, grant, inputs, method=method))

    @property
    def _known_issuer(self) -> str | None:
        """The issuer that a callback's ``iss`` must name. None where every tenant has its own."""
        return self.issuer if self.expected_issuer is None else None

    def _issuers(self, claims: Mapping[str, object]) -> tuple[str, ...]:
        """The issuers that an ID token may name."""
        return (self.issuer if self.expected_issuer is None else self.expected_issuer(claims), *self.other_issuers)

    def _metadata(self, inputs: Inputs) -> ServerMetadata:
        known = self.metadata or inputs.metadata
        if known is None:
            raise ProviderUnavailable("The issuer's metadata could not be read.")
        return known

    def _algorithms(self, inputs: Inputs) -> tuple[str, ...]:
        """How this provider's ID tokens may be signed: never HS256 and its kin, never ``none``. RFC 8725 §3.1.

        A server that does not say signs with RS256 (Discovery §3, Core §15.1).
        """
        if self.algorithms is not None:
            return self.algorithms
        offered = self._metadata(inputs).algorithms or ("RS256",)
        return tuple(one for one in ALGORITHMS if one in offered)

    def _oauth2(self, inputs: Inputs) -> OAuth2:
        """The OAuth 2.0 that this is an addition to, at the issuer's endpoints."""
        return self._oauth2_at(self._metadata(inputs))

    def _oauth2_at(self, metadata: ServerMetadata) -> OAuth2:
        return OAuth2(
            credentials=self.credentials,
            authorize_url=metadata.authorize_url,
            token_url=metadata.token_url,
            scopes=self.scopes,
            client_authentication=self.client_authentication or _authentication(metadata),
            issuer=self._known_issuer,
            sends_iss=metadata.sends_iss if self.sends_iss is None else self.sends_iss,
            response_mode=self.response_mode,
            authorize_parameters=self.authorize_parameters,
            headers=self.headers,
            cancel_errors=self.cancel_errors,
        )

    def _fault(self) -> str | None:
        """Why this record cannot work, or would not be safe."""
        if "openid" not in self.scopes:
            return "scopes must have 'openid' (Core §3.1.2.1)."
        if not _ISSUER.fullmatch(self.issuer):
            return "issuer must be an address without query and fragment (Core §2, iss)."
        if self.algorithms is not None and (not self.algorithms or not set(self.algorithms) <= set(ALGORITHMS)):
            return f"algorithms must be some of {', '.join(ALGORITHMS)}."
        if self.metadata is not None and self.metadata.keys_url is None:
            return "metadata needs keys_url, or no ID token can be verified."
        max_age = self.authorize_parameters.get("max_age")
        if max_age is not None and number(max_age) is None:
            return "max_age must be a number of seconds (Core §3.1.2.1)."
        return None


def _authentication(metadata: ServerMetadata) -> ClientAuthentication:
    """How the client authenticates, by the metadata. A server that does not say takes Basic (Discovery §3)."""
    offered = metadata.client_authentication
    return "post" if "client_secret_post" in offered and "client_secret_basic" not in offered else "basic"
