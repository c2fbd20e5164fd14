"""Salesforce, over OpenID Connect (help.salesforce.com, "Query for the OpenID Connect Configuration", "Identity URLs").

``sub`` is an address that ends in the ids of the organization and the user. An id has two spellings: 15 characters, or
these and three more that say which letters are capitals. The subject has the 15.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import ProviderReplyInvalid
from ..models import Profile
from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord
from .record.claims import read_claims

_SITE = "https://login.salesforce.com"
_SUB = re.compile(
    r"https?://[A-Za-z0-9.:-]+/id/(00D[A-Za-z0-9]{12})(?:[A-Z0-5]{3})?/(005[A-Za-z0-9]{12})(?:[A-Z0-5]{3})?"
)


def identify(claims: Mapping[str, object]) -> Profile:
    """Read the claims of an ID token, or UserInfo's reply.

    Raises:
        ProviderReplyInvalid: ``sub`` does not name an organization and a user.
    """
    sub = claims.get("sub")
    found = _SUB.fullmatch(sub) if isinstance(sub, str) else None
    if found is None:
        raise ProviderReplyInvalid("The sub does not name an organization and a user.")
    return read_claims(claims, subject=f"{found[1]}/{found[2]}")


salesforce = OpenIDRecord(
    name="salesforce",
    title="Salesforce",
    icon=(  # our own drawing
        "M9.5 5.2a4.4 4.4 0 0 1 7 1.2 5 5 0 1 1 .9 9.7 3.9 3.9 0 0 1-4.9 1.6 4.6 4.6 0 0 1-8.3-.6A4 4 0 0 1 2.3 10.1 "
        "4.6 4.6 0 0 1 9.5 5.2z"
    ),
    colors=Colors(light=("#0176d3", "#ffffff"), dark=("#0176d3", "#ffffff")),  # lightningdesignsystem.com, brand blue
    metadata=ServerMetadata(
        issuer=_SITE,
        authorize_url=f"{_SITE}/services/oauth2/authorize",
        token_url=f"{_SITE}/services/oauth2/token",
        keys_url=f"{_SITE}/id/keys",
        userinfo_url=f"{_SITE}/services/oauth2/userinfo",
    ),
    client_authentication="post",
    reads_userinfo=True,
    identify=identify,
    describe=identify,
    choose_account="prompt=login",
)

RECIPE = salesforce.recipe(
    keys_from="https://login.salesforce.com",
    steps=(
        "Open *Setup*, *App Manager*, and create an *External Client App* (or a *Connected App*) with *OAuth* enabled.",
        "Add the address under *Callback URL*.",
        "Select the scopes `openid`, `profile` and `email`.",
        "Tick *Require Proof Key for Code Exchange (PKCE)*.",
        "Copy *Consumer Key* (the client id) and *Consumer Secret*. A new app works after about ten minutes.",
    ),
    notes=(
        "A user is one of an organization. The subject is both ids: `00Dxx0000001gPL/005xx000001Swi7`.",
        "For a sandbox of Salesforce's, set `VALETKEY_SALESFORCE_BASE=https://test.salesforce.com`; for your own *My "
        "Domain*, its address.",
        "An administrator of an organization can give a user any address. Do not match accounts by it.",
    ),
    unverified=(
        "No page says whether `login.salesforce.com` always names itself as the issuer. If a login fails because of "
        "`iss`, set the base to your *My Domain*.",
        "No page lists the claims of an ID token, so UserInfo is read for what is missing.",
    ),
)
