"""X (Twitter), over OAuth 1.0a (docs.x.com, "Log in with X").

The exchange itself says who it is, so a login needs no profile call, which X bills. Where one is wanted it only adds
name and picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..crypto import Secret
from ..errors import ProviderReplyInvalid
from ..models import Profile
from ..protocols.oauth1 import ClientCredentials, OAuth1
from .appearance import Colors
from .base import Provider, readable

API = "https://api.x.com"
# The API's host, not x.com: on phones the X app takes x.com's links over and returns into another browser.
BROWSER = "https://api.x.com"

_ICON = (
    "M18.2 2.25h3.3l-7.2 8.26 8.5 11.24h-6.7l-5.2-6.83-6 6.83H1.7l7.7-8.84L1.25 2.25h6.83l4.7 6.23z"
    "m-1.2 17.5h1.9L7.1 4.13h-2z"
)

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
        icon=_ICON,
        colors=Colors(light=("#0f1419", "#ffffff"), dark=("#ffffff", "#0f1419")),
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
        raise ProviderReplyInvalid("The reply lacks a usable user id.")
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
