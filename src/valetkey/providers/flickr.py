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
from .appearance import Colors
from .base import Provider, readable
from .recipe import Recipe, base_variable, consumer_variables

BASE = "https://www.flickr.com/services"

_NSID = re.compile(r"[0-9]{1,20}@N[0-9]{2}")
_ICON = "M6.5 7a5 5 0 1 0 0 10a5 5 0 0 0 0-10zm11 0a5 5 0 1 0 0 10a5 5 0 0 0 0-10z"  # two dots side by side


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
)
