"""X (Twitter), over OAuth 1.0a (docs.x.com, "Log in with X").

The exchange says who the user is, so a login needs no profile request, for which X charges. A profile request, where
the app asks for one, only adds a name, a picture and an e-mail address.
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
from .recipe import Recipe, Variable, base_variable, consumer_variables

# The user goes to the API's host, too, and not to x.com: on phones the X app opens links to x.com itself, and returns
# to another browser than the one in which the login began.
BASE = "https://api.x.com"

_ICON = (
    "M18.2 2.25h3.3l-7.2 8.26 8.5 11.24h-6.7l-5.2-6.83-6 6.83H1.7l7.7-8.84L1.25 2.25h6.83l4.7 6.23z"
    "m-1.2 17.5h1.9L7.1 4.13h-2z"
)

# A positive number without leading zeros, so that one user has one spelling.
_USER_ID = re.compile(r"[1-9][0-9]{0,19}")
# The characters of a URL (RFC 3986 §2): no quote, no angle bracket, no backslash, no space.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]{1,2000}")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,50}")


def twitter(
    *,
    key: str,
    secret: Secret,
    base: str = BASE,
    api_origin: str | None = None,
    authorize_origin: str | None = None,
    read_profile: bool = False,
    include_email: bool = False,
) -> Provider:
    """X as a provider.

    Args:
        key: the app's API key (consumer key).
        secret: its secret.
        base: the address of X.
        api_origin: where requests are sent, if not to ``base``. Requests are signed over these very characters.
        authorize_origin: where the user is sent, if not to ``base``.
        read_profile: also read name and picture (``verify_credentials``). If that request fails, the login still
            succeeds.
        include_email: also read the e-mail address, in the same request, with name and picture. X sends it only to an
            app that has *Request email from users* in its permissions.
    """
    api, authorize = api_origin or base, authorize_origin or base
    profile_url = f"{api}/1.1/account/verify_credentials.json?skip_status=true"
    if include_email:
        profile_url += "&include_email=true"
    return Provider(
        name="twitter",
        title="X",
        icon=_ICON,
        colors=Colors(light=("#0f1419", "#ffffff"), dark=("#ffffff", "#0f1419")),
        protocol=OAuth1(
            credentials=ClientCredentials(identifier=key, secret=secret),
            request_token_url=f"{api}/oauth/request_token",
            access_token_url=f"{api}/oauth/access_token",
            authorize_url=f"{authorize}/oauth/authenticate",
        ),
        identify=identify,
        profile_url=profile_url if read_profile or include_email else None,
        describe=describe,
        choose_account="force_login=true",
    )


def identify(fields: Mapping[str, object]) -> Profile:
    """Read ``user_id`` and ``screen_name`` of the exchange's reply (docs.x.com, POST oauth/access_token).

    Raises:
        ProviderReplyInvalid: ``user_id`` is missing or malformed.
    """
    return Profile(subject=_subject(fields.get("user_id")), preferred_username=_handle(fields.get("screen_name")))


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``verify_credentials`` (docs.x.com, GET account/verify_credentials).

    The id is ``id_str`` and never ``id``: the number is too large for some JSON readers. It is not checked here, since
    the core uses the reply only if the id equals that of the exchange.

    An e-mail address counts as verified: for an address that the user has not confirmed, X sends ``null``
    (``include_email`` on the same page).
    """
    subject, email = reply.get("id_str"), reply.get("email")
    return Profile(
        subject=subject if isinstance(subject, str) else "",
        preferred_username=_handle(reply.get("screen_name")),
        name=readable(reply.get("name")),
        picture=_picture(reply.get("profile_image_url_https")),
        email=email if isinstance(email, str) else None,
        email_verified=isinstance(email, str),
    )


def _subject(value: object) -> str:
    if not isinstance(value, str) or not _USER_ID.fullmatch(value):
        raise ProviderReplyInvalid("The reply lacks a usable user id.")
    return value


def _handle(value: object) -> str | None:
    return value if isinstance(value, str) and _HANDLE.fullmatch(value) else None


def _picture(value: object) -> str | None:
    """An address that a page may load: https, or http on this machine, where the sandbox runs."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return value if parts.scheme == "https" or (parts.scheme == "http" and loopback) else None


RECIPE = Recipe(
    name="twitter",
    title="X",
    make=twitter,
    variables=(
        *consumer_variables("twitter"),
        base_variable("twitter"),
        Variable("VALETKEY_TWITTER_API", "api_origin", "origin"),
        Variable("VALETKEY_TWITTER_BROWSER", "authorize_origin", "origin"),
        Variable("VALETKEY_TWITTER_EMAIL", "include_email", "switch"),
    ),
    keys_from="https://developer.x.com",
    may_read_profile=True,
)
