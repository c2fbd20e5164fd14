"""Yandex, over OAuth 2.0 (yandex.com/dev/id/doc/en/codes/code-url, .../en/user-information).

The profile says who the user is: ``id`` never changes. ``login`` is the account's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..models import Profile
from .record import Colors, Fields, OAuth2Record, decimal

_FIELDS = Fields(subject="id", id=decimal, handle="login", name="display_name", email="default_email")
_AVATAR = re.compile(r"[A-Za-z0-9_\-]+(?:/[A-Za-z0-9_\-]+)?")


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /info``. Yandex does not say whether the e-mail address is verified, so it is not.

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    avatar = reply.get("default_avatar_id")
    has_avatar = isinstance(avatar, str) and _AVATAR.fullmatch(avatar) and reply.get("is_avatar_empty") is not True
    picture = f"https://avatars.yandex.net/get-yapic/{avatar}/islands-200" if has_avatar else None
    return replace(_FIELDS(reply), picture=picture)


yandex = OAuth2Record(
    name="yandex",
    title="Yandex",
    # The letter Ya: our own drawing.
    icon="M18.6 3v18h-3.4v-7H13l-3.8 7H5.4l4.1-7.4A5.4 5.4 0 0 1 12.6 3zm-3.4 3h-2.3a2.6 2.6 0 0 0 0 5.2h2.3z",
    colors=Colors(light=("#000000", "#ffffff"), dark=("#ffffff", "#000000")),
    authorize_url="https://oauth.yandex.com/authorize",
    token_url="https://oauth.yandex.com/token",
    scopes=("login:info", "login:email", "login:avatar"),
    client_authentication="basic",
    token_scheme="OAuth",
    profile_url="https://login.yandex.ru/info?format=json",
    describe=describe,
    verifies_email=False,
    choose_account="force_confirm=yes",
)

RECIPE = yandex.recipe(
    keys_from="https://oauth.yandex.com/",
    steps=(
        "Create an app for user authorization, with the platform *Web services*.",
        "Add the address under *Redirect URI*.",
        "Choose the access to name, e-mail address and portrait under *Yandex ID API*.",
    ),
    notes=(
        "Every scope that the app asks for must be chosen in its settings there.",
        "If the address is not in the list, Yandex sends the user to the first address that is.",
    ),
    unverified=(
        "The shape of a portrait's id. A portrait whose id looks otherwise is left out.",
        "The colors of the button.",
    ),
)
