"""What is wrong with the providers of an app: their names, addresses and keys, of those made in Python, too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from ..errors import SettingsError
from ..protocols.grammar import has_control, is_visible
from ..protocols.oauth1 import OAuth1
from ..providers.record.provider import Provider
from .addresses import is_loopback
from .outgoing import address_of

_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")
# Paths below the prefix.
_RESERVED = frozenset({"errors", "health", "providers", "report", "session", "sessions", "ticket", "unlink"})
_IP = re.compile(r"[0-9.]+|.*:.*")
_PROTOCOL_ADDRESSES = ("request_token_url", "access_token_url", "token_url", "issuer", "authorize_url")


def provider_faults(providers: Sequence[Provider]) -> list[str]:
    """Whether there is a provider, and whether each has a path of its own."""
    if not providers:
        return ["There is no provider to sign in with. Name one in VALETKEY_PROVIDERS, or pass one in providers=[…]."]
    names = [one.name for one in providers]
    return [
        *(
            f"Provider {name!r}: lower-case letters and digits make a name."
            for name in names
            if not _NAME.fullmatch(name)
        ),
        *(f"Provider {name!r}: this path is taken." for name in names if name in _RESERVED or names.count(name) > 1),
    ]


def provider_address_faults(providers: Iterable[Provider]) -> list[str]:
    """The addresses in the providers' records, of those that the app makes in Python, too."""
    return [
        f"Provider {one.name!r}: {label} must be an https address. Plain http is for this machine only."
        for one in providers
        for label, url in _addresses_of(one).items()
        if not _is_reachable(url)
    ]


def _is_reachable(url: str) -> bool:
    try:
        return bool(address_of(url)[0].host)
    except (SettingsError, ValueError):
        return False


def _addresses_of(provider: Provider) -> dict[str, str]:
    """Where the server or the user goes, by the name that the record has for it."""
    named = {name: getattr(provider.protocol, name, None) for name in _PROTOCOL_ADDRESSES}
    named |= {"profile_url": provider.profile_url, "email_url": provider.email_url}
    others = [url for url in provider.requested if url not in named.values()]
    return {name: str(url) for name, url in named.items() if url} | {
        f"address {number} of its metadata": url for number, url in enumerate(others, 1)
    }


def key_faults(providers: Iterable[Provider]) -> list[str]:
    """The keys and secrets, as far as their characters show that they were not copied right."""
    return [
        fault
        for one in providers
        for fault in (_consumer_faults(one) if isinstance(one.protocol, OAuth1) else _client_faults(one))
    ]


def _consumer_faults(provider: Provider) -> list[str]:
    keys, name, faults = provider.protocol.credentials, provider.name.upper(), []
    for label, value in (
        (f"{name}_CONSUMER_KEY", keys.identifier),
        (f"{name}_CONSUMER_SECRET", keys.secret.reveal() if keys.secret is not None else ""),
    ):
        if not value.isascii() or any(char.isspace() or char in "\"'" for char in value):
            faults.append(f"{label}: it has {_odd(value)}, which no key has. Copy it again.")
    if keys.identifier.split("-")[0].isdigit() and len(keys.identifier) > 40:
        faults.append(f"{name}_CONSUMER_KEY: this looks like an access token. The consumer key (API key) is shorter.")
    return faults


def _client_faults(provider: Provider) -> list[str]:
    """A client id is visible ASCII here, and a secret may have more, as its server makes it. RFC 6749 App. A.1, A.2."""
    keys, name, faults = provider.protocol.credentials, provider.name.upper(), []
    if not is_visible(keys.identifier) or _is_quoted(keys.identifier):
        odd = _odd(keys.identifier)
        faults.append(f"{name}_CLIENT_ID: it has {odd}, which no client id has. Copy it again.")
    secret = None if keys.secret is None else keys.secret.reveal()
    if secret is not None and (not secret or has_control(secret) or secret != secret.strip() or _is_quoted(secret)):
        faults.append(
            f"{name}_CLIENT_SECRET: it is empty, or has a space or a quote at an end, or a line end. Copy it again."
        )
    return faults


def _odd(value: str) -> str:
    return "a space, a line end or a quote" if value.isascii() else "a character outside of ASCII"


def _is_quoted(value: str) -> bool:
    return value[0] in "\"'" and value[0] == value[-1]


def domain_faults(providers: Iterable[Provider], public_origin: str) -> list[str]:
    """Providers that do not send users to such an address as the app's. A sandbox on this machine does."""
    parts = urlsplit(public_origin)
    host = parts.hostname or ""
    is_domain = "." in host and not _IP.fullmatch(host) and not is_loopback(public_origin)
    return [
        f"VALETKEY_URL: {one.title} sends users to https addresses with a domain name only, such as "
        "https://app.example.com, and to no IP address or localhost. To try it on this machine, point "
        f"VALETKEY_{one.name.upper()}_BASE at a sandbox."
        for one in providers
        if one.requires_domain
        and not (is_domain and parts.scheme == "https")
        and not is_loopback(one.protocol.authorize_url)
    ]


def provider_addresses(providers: Iterable[Provider]) -> dict[str, str]:
    """For ``sandbox_faults``: for each provider an address of its protocol on this machine, or an empty text."""
    return {
        f"Provider {one.name!r}": next((url for url in _addresses_of(one).values() if is_loopback(url)), "")
        for one in providers
    }
