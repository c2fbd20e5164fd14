"""Slack, over OpenID Connect (docs.slack.dev/authentication/sign-in-with-slack)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..errors import ProviderReplyInvalid
from ..models import Profile
from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord, text
from .record.claims import picture_of, read_claims

_ID = re.compile(r"[A-Z0-9]{1,40}")


def identify(claims: Mapping[str, object]) -> Profile:
    """Read the claims of an ID token.

    The subject is the workspace and the user, with a slash between them: a user's id is an id inside a workspace.

    Raises:
        ProviderReplyInvalid: one of the two is missing or malformed.
    """
    subject = f"{_id(claims, 'team_id')}/{_id(claims, 'user_id')}"
    profile = read_claims(claims, subject=subject)
    return replace(profile, picture=profile.picture or picture_of(claims.get("https://slack.com/user_image_512")))


def _id(claims: Mapping[str, object], name: str) -> str:
    value = text(claims.get(f"https://slack.com/{name}"))
    if not _ID.fullmatch(value):
        raise ProviderReplyInvalid(f"The ID token lacks a usable {name}.")
    return value


slack = OpenIDRecord(
    name="slack",
    title="Slack",
    icon=(  # our own drawing
        "M2.5 6.3h6.3a2.5 2.5 0 0 1 0 5H2.5a2.5 2.5 0 0 1 0-5zM11.3 5V2.5A2.5 2.5 0 1 0 8.8 5zM17.7 2.5v6.3a2.5 2.5 0"
        " 0 1-5 0V2.5a2.5 2.5 0 0 1 5 0zM19 11.3h2.5A2.5 2.5 0 1 0 19 8.8zM21.5 17.7h-6.3a2.5 2.5 0 0 1 0-5h6.3a2.5 2"
        ".5 0 0 1 0 5zM12.7 19v2.5a2.5 2.5 0 1 0 2.5-2.5zM6.3 21.5v-6.3a2.5 2.5 0 0 1 5 0v6.3a2.5 2.5 0 0 1-5 0zM5 12"
        ".7H2.5A2.5 2.5 0 1 0 5 15.2z"
    ),
    colors=Colors(light=("#4a154b", "#ffffff"), dark=("#ffffff", "#1d1c1d")),  # slack.com/media-kit
    metadata=ServerMetadata(  # slack.com/.well-known/openid-configuration
        issuer="https://slack.com",
        authorize_url="https://slack.com/openid/connect/authorize",
        token_url="https://slack.com/api/openid.connect.token",
        keys_url="https://slack.com/openid/connect/keys",
    ),
    client_authentication="post",
    pkce=False,  # docs.slack.dev/changelog/2026/03/30/pkce: for apps that have switched it on, and have no secret then
    identify=identify,
)

RECIPE = slack.recipe(
    keys_from="https://api.slack.com/apps",
    steps=(
        "Create an app from scratch.",
        "Under *OAuth & Permissions*, add the address to *Redirect URLs*.",
        "Under *Basic Information*, copy the *Client ID* and the *Client Secret*.",
        "For users of other workspaces, activate *Public Distribution* under *Manage Distribution*.",
    ),
    notes=(
        "The subject is `T…/U…`: the workspace and the user. One person in two workspaces is two users.",
        "Any workspace may sign in. To admit one only, compare the part before the slash.",
        "Leave PKCE off in the app's settings: switched on, it makes the app a public client for good. The nonce binds "
        "the code to the login.",
    ),
    unverified=("That an app that has not switched PKCE on is refused when it sends a verifier is one report.",),
)
