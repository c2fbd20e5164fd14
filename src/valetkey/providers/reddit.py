"""Reddit, over OAuth 2.0 (github.com/reddit-archive/reddit/wiki/OAuth2)."""

from __future__ import annotations

from collections.abc import Mapping

from ..models import Profile
from .record import Colors, OAuth2Record, text
from .record.claims import object_of, picture_of
from .record.provider import readable


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /api/v1/me``. The query of ``icon_img`` is escaped for HTML, and is not needed.

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    icon = reply.get("icon_img")
    return Profile(
        subject=text(reply.get("id")),
        preferred_username=readable(reply.get("name")),
        name=readable(object_of(reply.get("subreddit")).get("title")),
        picture=picture_of(icon.partition("?")[0]) if isinstance(icon, str) else None,
    )


reddit = OAuth2Record(
    name="reddit",
    title="Reddit",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M12 0a12 12 0 0 0-8.48 20.49l-2.3 2.28A.72.72 0 0 0 1.75 24H12a12 12 0 0 0 0-24m4.39 3.2a2 2 0 1 1-1.95 2.46A2"
        ".4 2.4 0 0 0 12.41 8c1.77.08 3.4.58 4.68 1.37a2.8 2.8 0 0 1 4.51 2.22 2.8 2.8 0 0 1-1.6 2.53c-.08 3.26-3.63 5."
        "88-8 5.88-4.35 0-7.9-2.62-8-5.87a2.8 2.8 0 1 1 2.9-4.75A9.6 9.6 0 0 1 11.56 8a3.23 3.23 0 0 1 2.88-3.22 2 2 0 "
        "0 1 1.96-1.6m-8.1 8.4c-.78 0-1.46.77-1.5 1.8-.05 1 .64 1.42 1.42 1.42.79 0 1.37-.37 1.42-1.38.05-1.02-.55-1.84"
        "-1.34-1.84m7.4 0c-.78 0-1.38.82-1.33 1.84.05 1.01.63 1.38 1.42 1.38s1.47-.41 1.42-1.43c-.04-1.02-.72-1.8-1.5-1"
        ".8m-3.7 4q-1.46.01-2.76.14a.22.22 0 0 0-.19.3 3.2 3.2 0 0 0 5.9 0 .22.22 0 0 0-.18-.3q-1.3-.12-2.76-.13"
    ),
    # redditinc.com/brand. White on the orange has 3.4:1; black has 6.1:1.
    colors=Colors(light=("#ff4500", "#000000"), dark=("#ff4500", "#000000")),
    authorize_url="https://www.reddit.com/api/v1/authorize",
    token_url="https://www.reddit.com/api/v1/access_token",
    scopes=("identity",),
    client_authentication="basic",
    profile_url="https://oauth.reddit.com/api/v1/me",
    describe=describe,
    verifies_email=False,
)

RECIPE = reddit.recipe(
    keys_from="https://www.reddit.com/prefs/apps",
    steps=(
        "Create an app of the type *web app*.",
        "Give the address as *redirect uri*.",
        "The client id stands below the app's name, and the *secret* in its box.",
    ),
    notes=("A deleted user's name may become another user's: it is a handle.",),
    unverified=(
        "Reddit asks for a `User-Agent` of the app's own. valetkey's names valetkey.",
        "New apps are said to need Reddit's approval.",
        "Reddit does not say whether it checks PKCE.",
    ),
)
