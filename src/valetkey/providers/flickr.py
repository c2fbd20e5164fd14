"""Flickr, over OAuth 1.0a (flickr.com/services/api/auth.oauth.html).

The exchange says who the user is: ``user_nsid`` never changes, while the user may change ``username`` and ``fullname``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..crypto import Secret
from ..errors import ProviderReplyInvalid
from ..models import Profile
from ..protocols.oauth1 import ClientCredentials, OAuth1
from .record.appearance import Colors
from .record.provider import Provider, readable
from .record.recipe import Recipe, base_variable, consumer_variables

BASE = "https://www.flickr.com/services"

_NSID = re.compile(r"[0-9]{1,20}@N[0-9]{2}")
# Simple Icons 16.37.0, CC0 1.0
_ICON = (
    "M5.33 6.67a5.33 5.33 0 1 0 0 10.67 5.33 5.33 0 0 0 0-10.67m13.34 0a5.33 5.33 0 1 0 0 10.66 5.33 5.33 0 0 0 0-10.66"
)


def flickr(*, key: str, secret: Secret, base: str = BASE) -> Provider:
    """Flickr as a provider.

    Args:
        key: the app's key, from flickr.com/services/apps/create.
        secret: its secret.
        base: the address below which Flickr's OAuth pages are.
    """
    return Provider(
        name="flickr",
        title="Flickr",
        icon=_ICON,
        colors=Colors(light=("#0063dc", "#ffffff"), dark=("#ffffff", "#0063dc")),
        protocol=OAuth1(
            credentials=ClientCredentials(identifier=key, secret=secret),
            request_token_url=f"{base}/oauth/request_token",
            access_token_url=f"{base}/oauth/access_token",
            # Flickr asks the user for the permissions named here, or else for those of the app's own settings there.
            # The smallest one that it has is "read".
            authorize_url=f"{base}/oauth/authorize?perms=read",
        ),
        identify=identify,
        verifies_email=False,
    )


def identify(fields: Mapping[str, object]) -> Profile:
    """Read ``user_nsid``, ``username`` and ``fullname`` of the exchange's reply.

    Raises:
        ProviderReplyInvalid: ``user_nsid`` is missing or malformed.
    """
    subject = fields.get("user_nsid", "")
    if not isinstance(subject, str) or not _NSID.fullmatch(subject):
        raise ProviderReplyInvalid("The reply lacks a usable user_nsid.")
    return Profile(
        subject=subject, preferred_username=readable(fields.get("username")), name=readable(fields.get("fullname"))
    )


RECIPE = Recipe(
    name="flickr",
    title="Flickr",
    make=flickr,
    variables=(*consumer_variables("flickr"), base_variable("flickr")),
    keys_from="https://www.flickr.com/services/apps/create/",
    steps=("Create an app.", "Set its callback URL to the address.", "Copy *Key* and *Secret*."),
    notes=("The subject is the user's NSID, such as `12345678@N00`. User name and full name may change.",),
    unverified=("The colors of the button.",),
)
