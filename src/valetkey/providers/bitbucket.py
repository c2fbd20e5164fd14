"""Bitbucket Cloud, over OAuth 2.0 (developer.atlassian.com/cloud/bitbucket/oauth-2)."""

from __future__ import annotations

from .record import Colors, Fields, OAuth2Record
from .record.claims import object_of, primary_email


def describe_email(reply: object) -> tuple[str | None, bool]:
    """Read the reply of ``GET /2.0/user/emails``: the primary address, and whether Bitbucket has confirmed it."""
    return primary_email(object_of(reply).get("values"), primary="is_primary", verified="is_confirmed")


bitbucket = OAuth2Record(
    name="bitbucket",
    title="Bitbucket",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M.78 1.21a.77.77 0 0 0-.77.9l3.26 19.8c.09.5.52.87 1.02.88h15.66a.8.8 0 0 0 .77-.65l3.27-20.03a.77.77 0 0 0-.7"
        "7-.89zm13.74 14.32h-5L8.17 8.47h7.56z"
    ),
    colors=Colors(light=("#0052cc", "#ffffff"), dark=("#0052cc", "#ffffff")),  # atlassian.design/foundations/logos
    authorize_url="https://bitbucket.org/site/oauth2/authorize",
    token_url="https://bitbucket.org/site/oauth2/access_token",
    scopes=("account", "email"),
    client_authentication="basic",
    profile_url="https://api.bitbucket.org/2.0/user",
    fields=Fields(subject="uuid", handle="nickname", name="display_name", picture="links.avatar.href"),
    email_url="https://api.bitbucket.org/2.0/user/emails",
    describe_email=describe_email,
)

RECIPE = bitbucket.recipe(
    keys_from="https://bitbucket.org/account/workspaces/",
    steps=(
        "Open the settings of a workspace, then *OAuth consumers*, and add a consumer.",
        "Give the address as *Callback URL*.",
        "Under *Permissions*, tick *Account: Email* and *Account: Read*.",
        "Save. The consumer's row shows the *Key*, which is the client id, and the *Secret*.",
    ),
    notes=("The handle changes hands. The subject is the account's UUID, which does not.",),
    unverified=("Bitbucket does not say whether it checks PKCE.",),
)
