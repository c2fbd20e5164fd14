"""OAuth 2.0: the authorization code grant with PKCE. RFC 6749 §4.1, RFC 7636, RFC 9700 §2.1.

How this works. A login has three steps:

1. ``authorize`` draws a ``state``, which finds the login again and binds it to this browser, and a verifier, of which
   only the hash goes to the provider. It sends no request.
2. ``parse_callback`` reads the query with which the user comes back (``authorization_response``).
3. ``exchange`` trades the code for an access token (``token_response``). It sends the verifier, so a code that an
   attacker has put into the query of a victim's login is of no use there, and neither is a stolen code without its
   verifier.

PKCE and ``state`` are always used: a server that does not know PKCE ignores its parameters (RFC 6749 §3.1). An access
token says nothing about the user. It is safe to read a profile with it, because this server has exchanged the code
itself; a token from a browser is never accepted.

Why no library does this: requests-oauthlib and Authlib send their requests themselves, by one HTTP client each. Neither
compares ``iss``, and both leave PKCE to their caller.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from ..crypto import Secret
from ..errors import SettingsError
from .authorization_response import CANCEL_ERRORS, read_callback, require_code, require_issuer, require_own
from .base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from .discovery import ServerMetadata
from .encoding import encode_query, percent_encode, with_query
from .http import Flow, HttpRequest, HttpResponse
from .jwks import KeySet
from .token_response import read_grant

ClientAuthentication = Literal["basic", "post"]

# scope-token = 1*( %x21 / %x23-5B / %x5D-7E )                                                         RFC 6749 §3.3
_SCOPE = re.compile(r"[!#-\[\]-~]+")
# What the standards and this module put into a request. A provider's file must not replace it.
_AUTHORIZATION_PARAMETERS = frozenset(
    {
        *("client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri"),
        *("request", "request_uri", "response_mode", "response_type", "scope", "state"),
    }
)
_TOKEN_PARAMETERS = frozenset({"client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri"})


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

    Raises:
        SettingsError: the record cannot work, or a part of it would undo a rule of the protocol.
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
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cancel_errors: frozenset[str] = CANCEL_ERRORS
    access_token_proof: str | None = None

    def __post_init__(self) -> None:
        fault = self._fault()
        if fault is not None:
            raise SettingsError(f"OAuth 2.0: {fault}")

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server requests and that are known before the first login."""
        return (self.token_url,)

    @property
    def uses_timestamps(self) -> bool:
        """Whether the token request has a signed secret with a time in it."""
        return self.credentials.signed_secret is not None

    def discover(self) -> Flow[ServerMetadata] | None:
        """None: the addresses are written down."""
        return None

    def fetch_keys(self, metadata: ServerMetadata | None) -> Flow[KeySet] | None:
        """None: plain OAuth 2.0 has no ID token."""
        return None

    def authorize(self, callback_url: str, inputs: Inputs) -> Flow[AuthorizationRequest]:
        """Make the address that the user is sent to. It sends no request. RFC 6749 §4.1.1, RFC 7636 §4.3."""
        yield from ()
        return self.authorize_with(callback_url, inputs, {})

    def authorize_with(self, callback_url: str, inputs: Inputs, drawn: Mapping[str, str]) -> AuthorizationRequest:
        """Make an authorization request.

        Args:
            callback_url: the ``redirect_uri``.
            inputs: gives the nonces.
            drawn: further parameters that were drawn for this login. They belong into the memo as well.
        """
        state, verifier = draw(inputs), draw(inputs, bits=256)
        parameters = {
            "response_type": "code",
            "client_id": self.credentials.identifier,
            "redirect_uri": callback_url,
            **({"scope": self.scope_separator.join(self.scopes)} if self.scopes else {}),
            "state": state,
            "code_challenge": code_challenge(verifier),
            "code_challenge_method": "S256",
            **({"response_mode": self.response_mode} if self.response_mode else {}),
            **drawn,
            **self.authorize_parameters,
        }
        return AuthorizationRequest(
            url=with_query(self.authorize_url, parameters),
            request_id=state,
            memo={"verifier": Secret(verifier), **{name: Secret(value) for name, value in drawn.items()}},
        )

    def parse_callback(self, query: Query) -> CallbackParameters:
        """Read a callback's query. RFC 6749 §4.1.2, RFC 9207 §2.4."""
        return read_callback(query, issuer=self.issuer, cancel_errors=self.cancel_errors)

    def exchange(self, pending: PendingRequest, parameters: CallbackParameters, inputs: Inputs) -> Flow[Grant]:
        """Exchange the code for an access token. RFC 6749 §4.1.3, RFC 7636 §4.5."""
        query = parameters.query
        require_own(query, pending)
        if self.sends_iss:
            require_issuer(query)
        form = {
            "grant_type": "authorization_code",
            "code": require_code(query),
            "redirect_uri": pending.callback_url,
            "code_verifier": pending.kept("verifier").reveal(),
            **{name: query[name] for name in self.callback_parameters if name in query},
        }
        response = yield self.token_request(form, inputs)
        return read_grant(response, callback_url=pending.callback_url)

    def token_request(self, form: Mapping[str, str], inputs: Inputs) -> HttpRequest:
        """Make a token request, in which the client authenticates in one way. RFC 6749 §2.3, §4.1.3."""
        secret = self.client_secret(inputs)
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded", **self.headers}
        if secret is None:
            form = {**form, "client_id": self.credentials.identifier}  # §3.2.1, §4.1.3
        elif self.client_authentication == "basic":
            headers["Authorization"] = basic_authorization(self.credentials.identifier, secret)
        else:
            form = {**form, "client_id": self.credentials.identifier, "client_secret": secret.reveal()}  # §2.3.1
        return HttpRequest(method="POST", url=self.token_url, headers=headers, body=encode_query(form).encode())

    def client_secret(self, inputs: Inputs) -> Secret | None:
        """The secret for one request: the app's own, or one that is signed for this moment."""
        if self.credentials.signed_secret is not None:
            return self.credentials.signed_secret(inputs.nonces().timestamp)
        return self.credentials.secret

    def claims(self, grant: Grant, pending: PendingRequest, inputs: Inputs) -> Mapping[str, object]:
        """The other fields of the token reply. Plain OAuth 2.0 says nothing about the user, but some providers do."""
        return grant.fields

    def userinfo_url(self, claims: Mapping[str, object], inputs: Inputs) -> str | None:
        """None: a provider's file says where its profile is."""
        return None

    def read(self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET") -> Flow[HttpResponse]:
        """Send a request with the access token in its header, and return the response unchecked. RFC 6750 §2.1."""
        token = grant.access_token.reveal()
        if self.access_token_proof is not None and self.credentials.secret is not None:
            # developers.facebook.com, "Secure Graph API Calls": HMAC-SHA256 of the token, with the client secret.
            key = self.credentials.secret.reveal().encode()
            url = with_query(url, {self.access_token_proof: hmac.new(key, token.encode(), sha256).hexdigest()})
        headers = {"Accept": "application/json", **self.headers, "Authorization": f"Bearer {token}"}
        return (yield HttpRequest(method=method, url=url, headers=headers))

    def _fault(self) -> str | None:
        """Why this record cannot work, or would not be safe."""
        if self.client_authentication not in ("basic", "post"):
            return "client_authentication must be 'basic' or 'post'."
        if self.credentials.secret is not None and self.credentials.signed_secret is not None:
            return "secret and signed_secret exclude each other: a client authenticates in one way (RFC 6749 §2.3)."
        if "#" in self.authorize_url or "#" in self.token_url:
            return "an endpoint has no fragment (RFC 6749 §3.1, §3.2)."
        if not all(_SCOPE.fullmatch(scope) for scope in self.scopes):
            return "scopes are listed one by one, without spaces (RFC 6749 §3.3)."
        if not _AUTHORIZATION_PARAMETERS.isdisjoint(self.authorize_parameters):
            return "authorize_parameters must not replace a parameter of the protocol."
        if not _TOKEN_PARAMETERS.isdisjoint(self.callback_parameters):
            return "callback_parameters must not replace a parameter of the protocol."
        if self.access_token_proof is not None and self.credentials.secret is None:
            return "access_token_proof needs a client secret."
        return None


def draw(inputs: Inputs, *, bits: int = 128) -> str:
    """Random text of unreserved characters, such as a code verifier: 43 of them for 256 bits. RFC 7636 §4.1, §7.1.

    It is as short as the alphabet allows, because a login keeps it in a cookie, and a browser has room for five.

    Args:
        inputs: gives nonces of 128 bits.
        bits: 128 or 256.
    """
    octets = bytes.fromhex("".join(inputs.nonces().nonce for _ in range(bits // 128)))
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def code_challenge(verifier: str) -> str:
    """``BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))``, without padding. RFC 7636 §4.2."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def basic_authorization(identifier: str, secret: Secret) -> str:
    """Client id and secret, form-encoded first, in HTTP's Basic scheme. RFC 6749 §2.3.1, App. B.

    Servers that do not decode still read the unreserved characters, which the encoding leaves alone.
    """
    pair = f"{percent_encode(identifier)}:{percent_encode(secret.reveal())}"
    return f"Basic {b64encode(pair.encode()).decode()}"
