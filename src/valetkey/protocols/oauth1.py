"""OAuth 1.0a, two verbs and a memo (RFC 5849 §2).

``begin`` gets temporary credentials (a request token) and says where to send the browser; ``finish`` changes them,
with the verifier that the browser brought back, for token credentials (an access token). What is not judged here
cannot be used elsewhere: both return values that exist only after every check has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..crypto import Secret, constant_time_equals
from ..errors import BadRequest, CallbackNotConfirmed, ForeignToken, ProviderReplyInvalid
from .encoding import parse_form, percent_encode
from .grammar import is_visible
from .http import Flow, HttpRequest, HttpResponse, Stamp
from .replies import Step, kind_of, refusal, unusable
from .signature import SignatureMethod, authorization_header, base_string, sign

NonceSource = Callable[[], Stamp]
Query = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """The app's keys (consumer key and secret). RFC 5849 §1.1."""

    identifier: str
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryCredentials:
    """The memo (request token and its secret): issued for one login, gone after it. RFC 5849 §2.1."""

    identifier: str
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCredentials:
    """The access token and its secret, with whatever else the reply said. RFC 5849 §2.3."""

    identifier: Secret
    secret: Secret
    # Not in repr: a provider may put anything here.
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """Where to send the browser, and the memo to keep from it."""

    send_to: str
    memo: TemporaryCredentials


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackParameters:
    """What a callback's query says: which login it belongs to, and whether the person refused."""

    token: str
    denied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth1:
    """One provider's endpoints, and the two verbs over them."""

    credentials: ClientCredentials
    request_token_url: str
    access_token_url: str
    authorize_url: str
    signature_method: SignatureMethod = "HMAC-SHA1"

    def begin(self, callback_url: str, draw: NonceSource) -> Flow[AuthorizationRequest]:
        """Ask for temporary credentials. RFC 5849 §2.1.

        Raises:
            ProviderError: refused, unavailable, or a reply that cannot be trusted.
        """
        response = yield self.signed("POST", self.request_token_url, draw(), {"oauth_callback": callback_url})
        fields = judge_form(response, asking="request_token", callback_url=callback_url)
        require_confirmed(fields)
        memo = TemporaryCredentials(
            identifier=require_field(fields, "oauth_token"),
            secret=Secret(require_field(fields, "oauth_token_secret")),
        )
        joint = "&" if "?" in self.authorize_url else "?"
        return AuthorizationRequest(
            send_to=f"{self.authorize_url}{joint}oauth_token={percent_encode(memo.identifier)}", memo=memo
        )

    def finish(self, memo: TemporaryCredentials, query: Query, draw: NonceSource) -> Flow[TokenCredentials]:
        """Change temporary credentials and verifier for token credentials. RFC 5849 §2.3.

        Raises:
            BadRequest: the query has no verifier.
            ForeignToken: the token that came back is not the one issued.
            ProviderError: refused, unavailable, or a reply that cannot be trusted.
        """
        require_issued(memo, query)
        verifier = query.get("oauth_verifier")
        if not verifier:
            raise BadRequest("The callback has no oauth_verifier.")
        extra = {"oauth_token": memo.identifier, "oauth_verifier": verifier}
        response = yield self.signed("POST", self.access_token_url, draw(), extra, memo.secret)
        fields = judge_form(response, asking="access_token")
        return TokenCredentials(
            identifier=Secret(require_field(fields, "oauth_token")),
            secret=Secret(require_field(fields, "oauth_token_secret")),
            fields={name: value for name, value in fields.items() if not name.startswith("oauth_")},
        )

    def read(self, url: str, token: TokenCredentials, draw: NonceSource) -> Flow[HttpResponse]:
        """A signed GET on the account's behalf; the reply is not judged here. RFC 5849 §3."""
        return (yield self.signed("GET", url, draw(), {"oauth_token": token.identifier.reveal()}, token.secret))

    @staticmethod
    def arrival(query: Query) -> CallbackParameters:
        """Read a callback's query. RFC 5849 §2.2; ``denied`` is X's.

        Raises:
            BadRequest: neither or both of a token with its verifier, and a denial.
        """
        token, verifier, denied = query.get("oauth_token"), query.get("oauth_verifier"), query.get("denied")
        if token and verifier and denied is None:
            return CallbackParameters(token=token, denied=False)
        if denied and verifier is None and token is None:
            return CallbackParameters(token=denied, denied=True)
        raise BadRequest("A callback carries oauth_token with oauth_verifier, or denied; not less, not both.")

    def signed(
        self, method: str, url: str, stamp: Stamp, extra: Mapping[str, str], token_secret: Secret | None = None
    ) -> HttpRequest:
        """A request with its ``Authorization`` header; nothing in the query or the body. RFC 5849 §3.1, §3.5.1."""
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
    """The first binding: the provider has read our callback URL and will use no other. It stops an attacker from
    finishing, at a callback of theirs, what a victim approved (the flaw that made 1.0 into 1.0a). RFC 5849 §2.1."""
    if fields.get("oauth_callback_confirmed") != "true":
        raise CallbackNotConfirmed


def require_issued(memo: TemporaryCredentials, query: Query) -> None:
    """The second binding: the token that came back is the one issued. RFC 5849 §2.2."""
    if not constant_time_equals(query.get("oauth_token"), memo.identifier):
        raise ForeignToken


def require_field(fields: Mapping[str, str], name: str) -> str:
    """A field that must be there, in visible ASCII: absent is an answer, and the answer is no."""
    value = fields.get(name)
    if not value or not is_visible(value):
        raise ProviderReplyInvalid(f"The reply lacks a usable {name}.")
    return value


def judge_form(response: HttpResponse, *, asking: Step, callback_url: str | None = None) -> dict[str, str]:
    """Success is 200, or 201 as some servers say it, and a form; everything else is named. RFC 5849 §2.1, §2.3."""
    if response.status not in (200, 201):
        raise refusal(response, asking=asking, callback_url=callback_url)
    if kind_of(response) not in ("form", "text"):
        raise unusable(response, asking, "a form")
    return parse_form(response.body)
