"""X (Twitter), over OAuth 1.0a (docs.x.com, "Log in with X").

The exchange itself says who it is, so a login needs no profile call, which X bills. Where one is wanted it only adds
name and picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..crypto import Secret
from ..errors import ProviderNonsense
from ..models import Profile
from ..protocols.oauth1 import ClientCredentials, OAuth1
from .base import Provider, readable

API = "https://api.x.com"
# The API's host, not x.com: on phones the X app takes x.com's links over and returns into another browser.
BROWSER = "https://api.x.com"

# A positive number without leading zeros: "007" and "7" must not become two people, nor one.
_USER_ID = re.compile(r"[1-9][0-9]{0,19}")
# What a URL may be written with (RFC 3986 §2): no quote, no angle bracket, no backslash, no space.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]{1,2000}")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,50}")


def twitter(
    *, key: str, secret: Secret, api: str = API, browser: str = BROWSER, read_profile: bool = False
) -> Provider:
    """X as a provider.

    Args:
        key: the app's API key (consumer key).
        secret: its secret.
        api: what is signed and called.
        browser: where the popup goes.
        read_profile: also read name and picture (``verify_credentials``); its failure never fails a login.
    """
    return Provider(
        name="twitter",
        title="X",
        protocol=OAuth1(
            credentials=ClientCredentials(identifier=key, secret=secret),
            request_token_url=f"{api}/oauth/request_token",
            access_token_url=f"{api}/oauth/access_token",
            authorize_url=f"{browser}/oauth/authenticate",
        ),
        identify=identify,
        profile_url=f"{api}/1.1/account/verify_credentials.json?skip_status=true" if read_profile else None,
        describe=describe,
        choose_account="force_login=true",
    )


def identify(fields: Mapping[str, str]) -> Profile:
    """Read ``user_id`` and ``screen_name`` of the exchange's reply (docs.x.com, POST oauth/access_token)."""
    return Profile(subject=_subject(fields.get("user_id")), preferred_username=_handle(fields.get("screen_name")))


def describe(reply: Mapping[str, object]) -> Profile:
    """Read ``verify_credentials``. ``id_str``, never ``id``: the number is too large for some readers of JSON. It is
    not judged here: only one that equals the exchange's is of any use."""
    subject = reply.get("id_str")
    return Profile(
        subject=subject if isinstance(subject, str) else "",
        preferred_username=_handle(reply.get("screen_name")),
        name=readable(reply.get("name")),
        picture=_picture(reply.get("profile_image_url_https")),
    )


def _subject(value: object) -> str:
    if not isinstance(value, str) or not _USER_ID.fullmatch(value):
        raise ProviderNonsense("The reply lacks a usable user id.")
    return value


def _handle(value: object) -> str | None:
    return value if isinstance(value, str) and _HANDLE.fullmatch(value) else None


def _picture(value: object) -> str | None:
    """An address a page may load: https, or http on loopback, where the sandbox lives."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return value if parts.scheme == "https" or (parts.scheme == "http" and loopback) else None
