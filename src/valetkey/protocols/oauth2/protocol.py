"""OAuth 2.0: the authorization code grant with PKCE. RFC 6749 §4.1, RFC 7636, RFC 9700 §2.1.

How this works. A login has three steps:

1. ``authorize`` draws a ``state``, which finds the login again and binds it to this browser, and a verifier, of which
   only the hash goes to the provider. It sends no request.
2. ``parse_callback`` reads the query with which the user comes back (``authorization_response``).
3. ``exchange`` trades the code for an access token (``token_response``). It sends the verifier, so a code that an
   attacker has put into the query of a victim's login is of no use there, and neither is a stolen code without its
   verifier.

``state`` is always used, and so is PKCE, unless the record says that the server refuses it. A server that does not know
PKCE ignores its parameters (RFC 6749 §3.1).

An access token says nothing about the user. It is safe to read a profile with it, because this server has exchanged the
code itself. A token from a browser is never accepted.

Why no library does this: requests-oauthlib and Authlib send their requests themselves, by one HTTP client each. Neither
compares ``iss``, and both leave PKCE to their caller.
"""

from __future__ import annotations

import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from ...crypto import Secret
from ...errors import SettingsError
from ..base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest, Query
from ..discovery import ServerMetadata
from ..encoding import encode_query, percent_encode, with_query
from ..http import Flow, HttpRequest, HttpResponse
from ..jwks import KeySet
from .authorization_response import read_callback, require_code, require_issuer, require_own
from .facts import ClientCredentials, OAuth2Facts, fault_of
from .token_response import read_grant

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2(OAuth2Facts):
    """A provider that speaks OAuth 2.0.

    Args:
        credentials: the app's keys with this provider. The other arguments are those of ``OAuth2Facts``.

    Raises:
        SettingsError: the record cannot work, or a part of it would undo a rule of the protocol.
    """

    credentials: ClientCredentials

    def __post_init__(self) -> None:
        fault = fault_of(self, self.credentials)
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
        state = draw(inputs)
        verifier = draw(inputs, bits=256) if self.pkce else None
        challenge = {"code_challenge": code_challenge(verifier), "code_challenge_method": "S256"} if verifier else {}
        kept = {**({"verifier": verifier} if verifier else {}), **drawn}
        parameters = {
            "response_type": "code",
            **self._client_id,
            "redirect_uri": callback_url,
            **({"scope": self.scope_separator.join(self.scopes)} if self.scopes else {}),
            "state": state,
            **challenge,
            **({"response_mode": self.response_mode} if self.response_mode else {}),
            **drawn,
            **self.authorize_parameters,
        }
        return AuthorizationRequest(
            url=with_query(self.authorize_url, parameters),
            request_id=state,
            memo={name: Secret(value) for name, value in kept.items()},
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
            **({"code_verifier": pending.kept("verifier").reveal()} if self.pkce else {}),
            **self.token_parameters,
            **{name: query[name] for name in self.callback_parameters if name in query},
        }
        response = yield self.token_request(form, inputs)
        return read_grant(response, callback_url=pending.callback_url, requires_token_type=self.requires_token_type)

    def token_request(self, form: Mapping[str, str], inputs: Inputs) -> HttpRequest:
        """Make a token request, in which the client authenticates in one way. RFC 6749 §2.3, §4.1.3."""
        secret = self.client_secret(inputs)
        headers = {"Accept": "application/json", "Content-Type": _FORM, **self.headers}
        if secret is None:
            form = {**form, **self._client_id}  # §3.2.1, §4.1.3
        elif self.client_authentication == "basic":
            headers["Authorization"] = basic_authorization(self.credentials.identifier, secret)
        else:
            form = {**form, **self._client_id, "client_secret": secret.reveal()}  # §2.3.1
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

    def read(
        self, url: str, grant: Grant, inputs: Inputs, *, method: str = "GET", json_body: str | None = None
    ) -> Flow[HttpResponse]:
        """Send a request with the access token, and return the response unchecked. RFC 6750 §2.1, §2.2."""
        token = grant.access_token.reveal()
        if self.access_token_proof is not None and self.credentials.secret is not None:
            # developers.facebook.com, "Secure Graph API Calls": HMAC-SHA256 of the token, with the client secret.
            key = self.credentials.secret.reveal().encode()
            url = with_query(url, {self.access_token_proof: hmac.new(key, token.encode(), sha256).hexdigest()})
        headers, body = {"Accept": "application/json", **self.headers}, b""
        if self.token_placement == "body":
            headers["Content-Type"] = _FORM
            body = encode_query({"access_token": token, **self._client_id}).encode()
        else:
            headers["Authorization"] = f"{self.token_scheme} {token}"
            if json_body is not None:
                headers["Content-Type"] = "application/json"
                body = json_body.encode()
        return (yield HttpRequest(method=method, url=url, headers=headers, body=body))

    @property
    def _client_id(self) -> dict[str, str]:
        """The parameter that names the client. RFC 6749 §2.2."""
        return {self.client_id_parameter: self.credentials.identifier}


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
