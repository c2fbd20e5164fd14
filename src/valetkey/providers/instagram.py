"""Instagram, over OAuth 2.0 (developers.facebook.com/docs/instagram-platform, "Business Login").

The profile says who the user is. ``user_id`` is the id of the professional account, and the same in every app.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..models import Profile
from .record import Colors, Fields, OAuth2Record, decimal
from .record.fields import at

_VERSION = "v25.0"
_FIELDS = Fields(subject="user_id", id=decimal, handle="username", name="name", picture="profile_picture_url")


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /me``. The reference has it in an array. What Instagram sends has the members alone.

    Raises:
        ProviderReplyInvalid: ``user_id`` is missing or malformed.
    """
    user = at(reply, "data.0")
    return _FIELDS(user if isinstance(user, dict) else reply)


instagram = OAuth2Record(
    name="instagram",
    title="Instagram",
    icon=(  # A camera: our own drawing
        "M7 2h10a5 5 0 0 1 5 5v10a5 5 0 0 1-5 5H7a5 5 0 0 1-5-5V7a5 5 0 0 1 5-5zm0 2.2A2.8 2.8 0 0 0 4.2 7v10"
        "A2.8 2.8 0 0 0 7 19.8h10a2.8 2.8 0 0 0 2.8-2.8V7A2.8 2.8 0 0 0 17 4.2zm5 2.8a5 5 0 1 1 0 10a5 5 0 0 "
        "1 0-10zm0 2.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 0 0 0-5.6zm5.3-3.7a1.3 1.3 0 1 1 0 2.6a1.3 1.3 0 0 1 0-2"
        ".6z"
    ),
    # White on Instagram's #ff0069 has a contrast of 3.9:1. This shade is darker.
    colors=Colors(light=("#e0005a", "#ffffff"), dark=("#e0005a", "#ffffff")),
    authorize_url="https://www.instagram.com/oauth/authorize",
    token_url="https://api.instagram.com/oauth/access_token",
    scopes=("instagram_business_basic",),
    scope_separator=",",
    requires_token_type=False,
    profile_url=f"https://graph.instagram.com/{_VERSION}/me?fields=user_id,username,name,profile_picture_url",
    describe=describe,
    verifies_email=False,
    choose_account="force_reauth=true",
)

RECIPE = instagram.recipe(
    keys_from="https://developers.facebook.com/apps",
    steps=(
        "Create an app of the type *Business*, and add *Instagram*.",
        "Open *API setup with Instagram login*, and there *Business login settings*.",
        "Add the address under *OAuth redirect URIs*.",
    ),
    notes=(
        "Only professional accounts can sign in: those of businesses and creators.",
        "The keys are *Instagram app ID* and *Instagram app secret*, and not those of the Meta app.",
        "Until Meta has reviewed the app, only its Instagram testers can sign in.",
        "The address must begin with `https`.",
    ),
    unverified=(
        "Whether `user_id` stays the same if an account stops being professional and starts again.",
        "Whether Instagram checks PKCE.",
        "The colors of the button.",
    ),
)
