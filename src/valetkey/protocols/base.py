"""What a protocol is to a login: three steps, and the claims that come out of them.

How this works. The login service speaks to every protocol through ``SignInProtocol``:

1. ``authorize`` makes the address that the user is sent to, and the memo: the secrets that the login keeps, sealed in
   its cookie, until the user comes back. OAuth 1.0a asks the provider for them; OAuth 2.0 draws them.
2. ``parse_callback`` reads the query with which the user comes back: which login it belongs to, and whether the
   provider refused. The query may be anybody's, so it proves nothing.
3. ``exchange`` trades what the callback brought for an access token. Then ``claims`` says what the provider has stated
   about the user, once every check of the protocol has passed.

Time, nonces, an issuer's metadata and its keys are inputs (``Inputs``), so that every step is a pure function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol, TypeAlias

from ..crypto import Secret
from ..errors import ForeignToken, ValetkeyError
from ..models.value_class import value_class
from .discovery import ServerMetadata
from .http import Flow, HttpResponse, Stamp
from .jwks import KeySet

NonceSource: TypeAlias = Callable[[], Stamp]
Query: TypeAlias = Mapping[str, str]
Memo: TypeAlias = Mapping[str, Secret]


@value_class(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a step needs from outside.

    Attributes:
        nonces: gives the time and a nonce of 32 hexadecimal characters. Each call draws a new one.
        metadata: the authorization server's metadata, where the protocol has it discovered (``discover``).
        keys: the issuer's keys, where the protocol verifies signatures (``fetch_keys``).
    """

    nonces: NonceSource
    metadata: ServerMetadata | None = None
    keys: KeySet | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """Where to send the user, and what to keep until the user comes back.

    Attributes:
        url: the address at the provider.
        request_id: finds the login again: the request token of OAuth 1.0a, the ``state`` of OAuth 2.0.
        memo: the secrets of this request, by name.
    """

    url: str = field(repr=False)
    request_id: str = field(repr=False)
    memo: Memo = field(repr=False)


@value_class(frozen=True, slots=True, kw_only=True)
class PendingRequest:
    """An authorization request whose user has come back, as its login has kept it.

    Attributes:
        request_id, memo: as in the ``AuthorizationRequest``.
        callback_url: the one that was sent with it, to the letter.
    """

    request_id: str = field(repr=False)
    callback_url: str
    memo: Memo = field(repr=False)

    def kept(self, name: str) -> Secret:
        """A secret of the memo.

        Raises:
            ForeignToken: the login has none of this name. It was begun before the provider got another protocol.
        """
        if name not in self.memo:
            raise ForeignToken("The login was begun over another protocol than the one that its provider has now.")
        return self.memo[name]


@value_class(frozen=True, slots=True, kw_only=True)
class CallbackParameters:
    """What a callback's query says.

    Attributes:
        request_id: which login it belongs to.
        refusal: why there is nothing to exchange: ``Denied`` if the user refused, another error if the provider did.
        query: the whole query. It may have a code or a verifier.
    """

    request_id: str = field(repr=False)
    refusal: ValetkeyError | None = None
    query: Query = field(repr=False)


@value_class(frozen=True, slots=True, kw_only=True)
class Grant:
    """A successful exchange.

    Attributes:
        access_token: for requests on the user's behalf.
        token_secret: the access token's secret, in OAuth 1.0a.
        id_token: as it was sent, unverified. Only ``claims`` reads it.
        fields: the other fields of the reply. A provider may put anything here.
    """

    access_token: Secret
    token_secret: Secret | None = None
    id_token: Secret | None = None
    fields: Mapping[str, object] = field(repr=False)


class ClientIdentity(Protocol):
    """The app's keys with a provider."""

    @property
    def identifier(self) -> str: ...
    @property
    def secret(self) -> Secret | None: ...


class SignInProtocol(Protocol):
    """A protocol with a provider's addresses and the app's keys."""

    @property
    def credentials(self) -> ClientIdentity:
        """The app's keys."""
        ...

    @property
    def authorize_url(self) -> str:
        """Where users are sent. Until the metadata has been read, the issuer."""
        ...

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server requests and that are known before the first login."""
        ...

    @property
    def uses_timestamps(self) -> bool:
        """Whether requests carry a timestamp, which a provider refuses if our clock is off."""
        ...

    @property
    def response_mode(self) -> str | None:
        """How the provider sends the user back: ``form_post``, or None for the query."""
        ...

    def discover(self) -> Flow[ServerMetadata] | None:
        """Read the server's metadata. None if the addresses are written down, so that there is nothing to read.

        Raises:
            ProviderError: unavailable, or a document that cannot be trusted.
        """
        ...

    def fetch_keys(self, metadata: ServerMetadata | None) -> Flow[KeySet] | None:
        """Read the issuer's keys. None if the protocol needs none.

        Args:
            metadata: what ``discover`` has read. None where the addresses are written down.

        Raises:
            ProviderError: unavailable, or no usable keys.
        """
        ...

    def authorize(self, callback_url: str, inputs: Inputs) -> Flow[AuthorizationRequest]:
        """Make the address that the user is sent to.

        Args:
            callback_url: where the provider sends the user back to, to the letter as it is registered there.
            inputs: what the step needs from outside.

        Raises:
            ProviderError: refused, unavailable, or a reply that cannot be trusted.
        """
        ...

    def parse_callback(self, query: Query) -> CallbackParameters:
        """Read a callback's query.

        Raises:
            BadRequest: it is not a callback's, or it comes from another issuer.
        """
        ...

    def exchange(self, pending: PendingRequest, parameters: CallbackParameters, inputs: Inputs) -> Flow[Grant]:
        """Exchange what the callback brought for an access token.

        Args:
            pending: the request that this login has sent.
            parameters: the callback. Its ``refusal`` is None.
            inputs: what the step needs from outside.

        Raises:
            BadRequest, ForeignToken: the callback does not fit the request. Nothing was sent.
            ProviderError: refused, unavailable, or a reply that cannot be trusted.
        """
        ...

    def claims(self, grant: Grant, pending: PendingRequest, inputs: Inputs) -> Mapping[str, object]:
        """What the provider states about the user, checked. It sends nothing, and may be called again.

        Raises:
            UnknownKey: the signature names a key that ``inputs.keys`` does not have.
            ClockOff: a time in it is possible only if one of the two clocks is wrong.
            ProviderReplyInvalid: a check failed.
        """
        ...

    def userinfo_url(self, claims: Mapping[str, object], inputs: Inputs) -> str | None:
        """Where more about the user is read, if the claims lack it and the server offers it. OIDC Core §5.3."""
        ...

    def read(
        self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET", json_body: str | None = None
    ) -> Flow[HttpResponse]:
        """Send a request on the user's behalf, and return the response unchecked.

        Args:
            url: what to read, such as the user's profile.
            grant: the result of the exchange.
            inputs: what the request needs from outside.
            method: GET or POST.
            json_body: the body of a POST, in JSON. None: it has none of the record's own.
        """
        ...
