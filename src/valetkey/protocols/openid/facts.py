"""What a provider that speaks OpenID Connect is like, as data, and which records cannot work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..discovery import ServerMetadata
from ..grammar import number
from ..jwks import ALGORITHMS
from ..oauth2.authorization_response import CANCEL_ERRORS
from ..oauth2.facts import ClientAuthentication, ClientCredentials

# An issuer's identifier: scheme, host, and optionally a port and a path                                    Core §1.2
_ISSUER = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(?:/[A-Za-z0-9\-._~%!$&'()*+,;=:@/{}]*)?")

IDTokenKey = Literal["issuer", "client_secret"]
_USUAL_ALGORITHMS = ("RS256",)
_MIN_MAC_OCTETS = 32  # of a key for HS256: RFC 7518 §3.2, Core §16.19


@dataclass(frozen=True, kw_only=True)
class OpenIDFacts:
    """What a provider that speaks OpenID Connect is like, without its issuer and an app's keys.

    Args:
        scopes: what is asked for. ``openid`` must be there (Core §3.1.2.1).
        client_authentication: ``"basic"`` or ``"post"``. None: as the metadata says, and basic if it says nothing.
        algorithms: how ID tokens may be signed. None: those of the metadata that are known to be safe.
        id_token_key: what verifies ID tokens: the keys that the ``"issuer"`` publishes; or the ``"client_secret"``, at
            a provider that signs with HS256 (LINE). Then no key is fetched, no other algorithm is accepted, and
            ``algorithms`` has no meaning.
        expected_issuer: says which issuer an ID token must name, from its claims, where that is not always ``issuer``.
        other_issuers: further spellings of the issuer that an ID token may have.
        other_audiences: audiences that an ID token may name beside this client (Core §3.1.3.7 (3)).
        metadata_issuer: what the metadata may name in the place of ``issuer``.
        returns_nonce: whether ID tokens have the nonce. A few providers are known to drop it.
        sends_iss: whether every callback must have an ``iss`` (RFC 9207 §3). None: as the metadata says.
        response_mode: how the provider sends the user back, such as ``form_post``. None: in the query.
        pkce: as in ``OAuth2Facts``. Without PKCE, the nonce still binds a code to its login, where it is returned.
        authorize_parameters: further parameters of the authorization request.
        headers: further headers of every request that is sent.
        cancel_errors: error codes that mean that the user refused, in lower case.
        reads_userinfo: whether a name, an e-mail address or its flag that the ID token lacks is read at the UserInfo
            endpoint (§5.3).
    """

    scopes: tuple[str, ...] = ("openid", "profile", "email")
    client_authentication: ClientAuthentication | None = None
    algorithms: tuple[str, ...] | None = _USUAL_ALGORITHMS
    id_token_key: IDTokenKey = "issuer"
    expected_issuer: Callable[[Mapping[str, object]], str] | None = None
    other_issuers: tuple[str, ...] = ()
    other_audiences: tuple[str, ...] = ()
    metadata_issuer: str | None = None
    returns_nonce: bool = True
    sends_iss: bool | None = None
    response_mode: str | None = None
    pkce: bool = True
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cancel_errors: frozenset[str] = CANCEL_ERRORS
    reads_userinfo: bool = False


def fault_of(
    facts: OpenIDFacts, credentials: ClientCredentials, issuer: str, metadata: ServerMetadata | None
) -> str | None:
    """Why a record cannot work, or would not be safe: a sentence, or None.

    Args:
        facts: what the provider is like.
        credentials: the app's keys with it.
        issuer: its identifier.
        metadata: its addresses. None: they are discovered.
    """
    if "openid" not in facts.scopes:
        return "scopes must have 'openid' (Core §3.1.2.1)."
    if not _ISSUER.fullmatch(issuer):
        return "issuer must be an address without query and fragment (Core §2, iss)."
    if facts.algorithms is not None and (not facts.algorithms or not set(facts.algorithms) <= set(ALGORITHMS)):
        return f"algorithms must be some of {', '.join(ALGORITHMS)}."
    if facts.id_token_key not in ("issuer", "client_secret"):
        return "id_token_key must be 'issuer' or 'client_secret'."
    if facts.id_token_key == "issuer" and metadata is not None and metadata.keys_url is None:
        return "metadata needs keys_url, or no ID token can be verified."
    max_age = facts.authorize_parameters.get("max_age")
    if max_age is not None and number(max_age) is None:
        return "max_age must be a number of seconds (Core §3.1.2.1)."
    return _shared_key_fault(facts, credentials) if facts.id_token_key == "client_secret" else None


def _shared_key_fault(facts: OpenIDFacts, credentials: ClientCredentials) -> str | None:
    """Why the client secret cannot verify ID tokens."""
    if facts.algorithms != _USUAL_ALGORITHMS:
        return "algorithms and id_token_key='client_secret' exclude each other: that is HS256 alone (RFC 8725 §3.2)."
    secret = credentials.secret
    if secret is None:
        return "id_token_key='client_secret' needs a client secret, which a public client lacks (Core §3.1.3.7 (8))."
    if len(secret.reveal().encode()) < _MIN_MAC_OCTETS:
        return (
            f"id_token_key='client_secret' needs a client secret of {_MIN_MAC_OCTETS} octets at least (Core §16.19). "
            "Check that it was copied whole."
        )
    return None
