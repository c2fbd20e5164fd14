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

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...crypto import Secret
from ...errors import ProviderReplyInvalid, ProviderUnavailable, SettingsError
from ..base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from ..discovery import ServerMetadata, discovery_url_of, fetch_metadata
from ..grammar import number
from ..http import Flow, HttpResponse
from ..jwks import ALGORITHMS, KeySet, fetch_keys
from ..oauth2 import OAuth2, draw
from ..oauth2.authorization_response import read_callback
from ..oauth2.facts import ClientAuthentication, ClientCredentials
from .facts import OpenIDFacts, fault_of
from .id_token import Expectations, verified_claims


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIDConnect(OpenIDFacts):
    """A provider that speaks OpenID Connect.

    Args:
        credentials: the app's keys with this provider.
        issuer: the issuer's identifier, to the letter.
        metadata: the provider's addresses. None: they are discovered (OpenID Connect Discovery 1.0 §4). The other
            arguments are those of ``OpenIDFacts``.

    Raises:
        SettingsError: the record cannot work, or a part of it would undo a rule of the protocol.
    """

    credentials: ClientCredentials
    issuer: str
    metadata: ServerMetadata | None = None
    # At one metadata at a time. Two threads may build the same record; that is harmless.
    _built: dict[ServerMetadata, OAuth2] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        fault = fault_of(self, self.credentials, self.issuer, self.metadata)
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
        keys = self.metadata.keys_url if self.id_token_key == "issuer" else None
        return tuple(url for url in (self.metadata.token_url, keys, userinfo) if url)

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
        """Read the issuer's keys. None if ID tokens are signed with the client secret. Core §10.1.1."""
        known = self.metadata or metadata
        if known is None or known.keys_url is None or self.id_token_key == "client_secret":
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
        keys = self._keys(inputs)
        if keys is None:
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
        return verified_claims(grant.id_token, keys, expected)

    def userinfo_url(self, claims: Mapping[str, object], inputs: Inputs) -> str | None:
        """The UserInfo endpoint, if the claims lack a name or an e-mail address, or do not say whether it is verified,
        and the record reads it. Core §5.3, §5.4. Okta's ID tokens have an address without ``email_verified``
        (support.okta.com, "Groups or Attribute Missing from Id Token")."""
        named = claims.get("name") or claims.get("preferred_username")
        addressed = claims.get("email") and "email_verified" in claims
        if not self.reads_userinfo or (named and addressed):
            return None
        return self._metadata(inputs).userinfo_url

    def read(
        self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET", json_body: str | None = None
    ) -> Flow[HttpResponse]:
        """Send a request with the access token in its header, and return the response unchecked. RFC 6750 §2.1."""
        return (yield from self._oauth2(inputs).read(url, grant, inputs, method=method, json_body=json_body))

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
        """How this provider's ID tokens may be signed: never ``none``, and HS256 only by the record's word, with the
        client secret. RFC 8725 §3.1, §3.2.

        A server that does not say signs with RS256 (Discovery §3, Core §15.1).
        """
        if self.id_token_key == "client_secret":
            return ("HS256",)
        if self.algorithms is not None:
            return self.algorithms
        offered = self._metadata(inputs).algorithms or ("RS256",)
        return tuple(one for one in ALGORITHMS if one in offered)

    def _keys(self, inputs: Inputs) -> KeySet | Secret | None:
        """What verifies an ID token. None if it could not be read."""
        return self.credentials.secret if self.id_token_key == "client_secret" else inputs.keys

    def _oauth2(self, inputs: Inputs) -> OAuth2:
        """The OAuth 2.0 that this is an addition to, at the issuer's endpoints."""
        metadata = self._metadata(inputs)
        known = self._built.get(metadata)
        if known is None:
            known = self._oauth2_at(metadata)
            self._built.clear()  # an issuer that changes its metadata does not come back to what it had
            self._built[metadata] = known
        return known

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
            pkce=self.pkce,
            authorize_parameters=self.authorize_parameters,
            headers=self.headers,
            cancel_errors=self.cancel_errors,
        )


def _authentication(metadata: ServerMetadata) -> ClientAuthentication:
    """How the client authenticates, by the metadata. A server that does not say takes Basic (Discovery §3)."""
    offered = metadata.client_authentication
    return "post" if "client_secret_post" in offered and "client_secret_basic" not in offered else "basic"
