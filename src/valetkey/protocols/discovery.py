"""An authorization server's metadata. OpenID Connect Discovery 1.0, RFC 8414."""

from __future__ import annotations

from dataclasses import dataclass

from .http import HttpResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMetadata:
    """What an authorization server says about itself, or what a provider's file has written down.

    Attributes:
        issuer: the issuer's identifier, to the letter.
        authorize_url: ``authorization_endpoint``.
        token_url: ``token_endpoint``.
        keys_url: ``jwks_uri``. None for a server without ID tokens.
        userinfo_url: ``userinfo_endpoint``.
        sends_iss: ``authorization_response_iss_parameter_supported`` (RFC 9207 §3).
        client_authentication: ``token_endpoint_auth_methods_supported``. Empty if the server does not say.
        algorithms: ``id_token_signing_alg_values_supported``. Empty if the server does not say.
    """

    issuer: str
    authorize_url: str
    token_url: str
    keys_url: str | None = None
    userinfo_url: str | None = None
    sends_iss: bool = False
    client_authentication: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()


def read_metadata(response: HttpResponse, *, issuer: str, accepted: str | None = None) -> ServerMetadata:
    """Read an authorization server's metadata. Discovery §4.2, §4.3.

    Args:
        response: the reply.
        issuer: the issuer that was asked for.
        accepted: what the document may name in its place. None: nothing.

    Raises:
        ProviderError: refused, unavailable, of another issuer, or unusable.
    """
    raise NotImplementedError
