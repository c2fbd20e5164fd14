"""An authorization server's metadata. OpenID Connect Discovery 1.0, RFC 8414.

How this works. The document says where users, the client's secret and codes are sent, so it is believed only as far as
it is about the issuer that was asked, and its addresses are judged before one is used:

- its ``issuer`` equals the one that was asked for, to the letter (§4.3). Nothing is normalised;
- an address is https. For an issuer on this machine, which speaks http, it may be http on this machine;
- an address whose host is an IP address, or a name of this machine, must be on the issuer's own host, or the issuer
  is on this machine, too. So a document cannot point this server at an address inside its own network by number.

Everything else may be missing or wrong, as it is in real documents: authentication methods, grant types and PKCE
methods are often left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import ProviderRefused, ProviderReplyInvalid
from .grammar import lower, number
from .http import Flow, HttpRequest, HttpResponse
from .json_reply import read_json
from .refusals import CHECK_ISSUER

# The characters of a URL without a fragment (RFC 3986 §2). The host is a name, an IPv4 address, or an IPv6 address in
# brackets; there is no user information in front of it (§3.2.1).
_URL = re.compile(
    r"(https?)://([A-Za-z0-9.\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?(?:[/?][A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*)?"
)
_MAX_URL = 2000
# What resolvers read as an IPv4 address: 127.0.0.1, and also 127.1, 2130706433 and 0x7f000001 (WHATWG URL §3.5, "ends
# in a number").
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")
_LOOPBACK = re.compile(r"(?:.*\.)?(?:localhost|localdomain)\.?|(?:ip6-)?loopback\.?|ip6-localhost\.?")
_LOOPBACK_ADDRESS = re.compile(r"127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\]")


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


def discovery_url_of(issuer: str) -> str:
    """Where an issuer's metadata is. Discovery §4.1: a slash at the end is removed before the path is appended."""
    return f"{issuer.removesuffix('/')}/.well-known/openid-configuration"


def fetch_metadata(issuer: str, *, accepted: str | None, headers: Mapping[str, str]) -> Flow[ServerMetadata]:
    """Read an issuer's metadata. Discovery §4.

    Args:
        issuer: its identifier.
        accepted: what the document may name in its place. None: nothing.
        headers: further headers of the request.

    Raises:
        ProviderError: as ``read_metadata``.
    """
    response = yield HttpRequest(
        method="GET", url=discovery_url_of(issuer), headers={"Accept": "application/json", **headers}
    )
    return read_metadata(response, issuer=issuer, accepted=accepted)


def read_metadata(response: HttpResponse, *, issuer: str, accepted: str | None = None) -> ServerMetadata:
    """Read an authorization server's metadata. Discovery §3, §4.2, §4.3.

    Args:
        response: the reply.
        issuer: the issuer that was asked for.
        accepted: what the document may name in its place, such as a template. None: nothing.

    Raises:
        ProviderError: refused, unavailable, of another issuer, or unusable.
    """
    try:
        document = read_json(response, step="metadata")
    except (ProviderReplyInvalid, ProviderRefused) as error:
        where = discovery_url_of(issuer)
        cause = error.hint.removesuffix(f" {CHECK_ISSUER}")
        raise type(error)(f"There is no metadata at {where}. {CHECK_ISSUER} {cause}") from None
    named = document.get("issuer")
    if not isinstance(named, str) or named not in (issuer, accepted):
        raise ProviderReplyInvalid(_other_issuer(named, issuer))
    return ServerMetadata(
        issuer=named,
        authorize_url=_required(document, "authorization_endpoint", issuer),
        token_url=_required(document, "token_endpoint", issuer),
        keys_url=_required(document, "jwks_uri", issuer),
        userinfo_url=_endpoint(document, "userinfo_endpoint", issuer),
        sends_iss=document.get("authorization_response_iss_parameter_supported") is True,
        client_authentication=_names(document.get("token_endpoint_auth_methods_supported")),
        algorithms=_names(document.get("id_token_signing_alg_values_supported")),
    )


def _other_issuer(named: object, issuer: str) -> str:
    """What is wrong where a document names another issuer. It shows no text of the document."""
    fault = f"The metadata at {discovery_url_of(issuer)} names another issuer than the app's settings"
    if named == f"{issuer}/":
        how = "there it has a slash at its end"
    elif named == issuer.removesuffix("/"):
        how = "there it has no slash at its end"
    else:
        how = 'copy it from "issuer" there, if you trust that server'
    return f"{fault} (OpenID Discovery §4.3). The two must be equal to the letter: {how}."


def _required(document: dict[str, object], name: str, issuer: str) -> str:
    """An endpoint that a login needs."""
    url = _endpoint(document, name, issuer)
    if url is None:
        raise ProviderReplyInvalid(
            f"The metadata lacks a usable {name}: an https address, and by number or on this machine only if the "
            "issuer is there too (OpenID Discovery §3)."
        )
    return url


def _endpoint(document: dict[str, object], name: str, issuer: str) -> str | None:
    """An endpoint, if it is there and may be used."""
    url = document.get(name)
    return url if isinstance(url, str) and may_be_used(url, issuer) else None


def may_be_used(url: str, issuer: str) -> bool:
    """Return whether an address of an issuer's metadata may be used.

    Args:
        url: the address.
        issuer: the issuer's identifier, which the app's settings name.
    """
    found = _URL.fullmatch(url) if len(url) <= _MAX_URL else None
    if found is None or not 0 < (number(found[3] or "443") or 0) < 65536:
        return False
    scheme, host = found[1], lower(found[2])
    own = urlsplit(issuer)
    own_host = lower(own.netloc.rpartition("@")[2])
    same_host = _without_port(own_host) == host
    both_here = is_loopback(host) and is_loopback(_without_port(own_host))
    if scheme == "http" and not (own.scheme == "http" and both_here):
        return False
    return same_host or both_here or not (_NUMERIC.fullmatch(host) or host.startswith("[") or _LOOPBACK.fullmatch(host))


def is_loopback(host: str) -> bool:
    """Return whether a host, in lower case, is this machine: ``localhost``, 127.0.0.0/8 or ``[::1]``. RFC 6761 §6.3."""
    return host == "localhost" or host.endswith(".localhost") or _LOOPBACK_ADDRESS.fullmatch(host) is not None


def _without_port(netloc: str) -> str:
    return re.sub(r":[0-9]*\Z", "", netloc)


def _names(value: object) -> tuple[str, ...]:
    """The texts of a list. What is no list has none, and so says nothing."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
