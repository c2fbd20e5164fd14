"""Kakao, over OAuth 2.0 (developers.kakao.com/docs/latest/en/kakaologin/rest-api)."""

from __future__ import annotations

from collections.abc import Mapping

from ..models import Profile
from .record import Colors, OAuth2Record, number
from .record.claims import email_of, object_of, picture_of
from .record.provider import readable


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /v2/user/me``. An address that is not valid any more has been given to another account.

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    account = object_of(reply.get("kakao_account"))
    profile, email = object_of(account.get("profile")), email_of(account.get("email"))
    verified = account.get("is_email_valid") is True and account.get("is_email_verified") is True
    return Profile(
        subject=number(reply.get("id")),
        name=readable(profile.get("nickname")),
        picture=picture_of(profile.get("profile_image_url")),
        email=email,
        email_verified=email is not None and verified,
    )


kakao = OAuth2Record(
    name="kakao",
    title="Kakao",
    icon=(  # our own drawing
        "M12 3.5c-5.5 0-10 3.5-10 7.8 0 2.8 1.9 5.2 4.7 6.6l-.9 3.4c-.1.3.2.5.5.3l4-2.6c.5.1 1.1.1 1.7.1 5.5 0 10"
        "-3.5 10-7.8s-4.5-7.8-10-7.8z"
    ),
    colors=Colors(light=("#fee500", "#000000"), dark=("#fee500", "#000000")),  # .../kakaologin/design-guide
    authorize_url="https://kauth.kakao.com/oauth/authorize",
    token_url="https://kauth.kakao.com/oauth/token",
    profile_url="https://kapi.kakao.com/v2/user/me?secure_resource=true",  # pictures over https
    describe=describe,
    choose_account="prompt=select_account",
)

RECIPE = kakao.recipe(
    keys_from="https://developers.kakao.com/console/app",
    steps=(
        "Add an application, and switch *Kakao Login* on.",
        "Add the address as *Redirect URI* of the *REST API key*.",
        "The *REST API key* is the client id. Generate a *Client secret*, and activate it.",
        "Under *Consent items*, choose nickname and profile image, and the e-mail address if the app may have it.",
    ),
    notes=(
        "valetkey asks for no scope: the user sees the consent items of the console. Kakao refuses a scope that the "
        "console does not list.",
        "The e-mail address is for business apps.",
    ),
    unverified=("Kakao does not say whether it checks PKCE.",),
)
