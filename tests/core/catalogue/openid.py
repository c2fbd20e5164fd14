"""Replies of the providers over OpenID Connect: the claims that a login brings, or the profile that is read instead.

All users are made up.
"""

from __future__ import annotations

from core.catalogue.row import EMAIL, PICTURE, Row
from valetkey import Profile

ROWS = {
    "linkedin": Row(
        reply={
            "sub": "aB3-dE_6gH",
            "email_verified": "true",
            "locale": "en_US",
            "name": "Ada L",
            "picture": PICTURE,
            "email": EMAIL,
        },
        profile=Profile(subject="aB3-dE_6gH", name="Ada L", picture=PICTURE, email=EMAIL, email_verified=True),
        subject=("sub",),
        name=("name",),
        picture=("picture",),
        email=("email",),
        flag=("email_verified",),
        verifying=(True, "true"),
    ),
    "twitch": Row(
        reply={
            "sub": "713936733",
            "preferred_username": "AdaL",
            "email_verified": True,
            "name": None,
            "picture": PICTURE,
            "email": EMAIL,
        },
        profile=Profile(
            subject="713936733", preferred_username="AdaL", picture=PICTURE, email=EMAIL, email_verified=True
        ),
        subject=("sub",),
        handle=("preferred_username",),
        picture=("picture",),
        email=("email",),
        flag=("email_verified",),
    ),
    "slack": Row(
        reply={
            "sub": "U02ABCDEF12",
            "https://slack.com/team_id": "T0ABCDEF1",
            "https://slack.com/user_id": "U02ABCDEF12",
            "https://slack.com/user_image_512": PICTURE,
            "name": "Ada L",
            "email": EMAIL,
            "email_verified": True,
        },
        profile=Profile(
            subject="T0ABCDEF1/U02ABCDEF12", name="Ada L", picture=PICTURE, email=EMAIL, email_verified=True
        ),
        subject=("https://slack.com/user_id",),
        name=("name",),
        picture=("https://slack.com/user_image_512",),
        email=("email",),
        flag=("email_verified",),
        decides=(("https://slack.com/team_id",),),
    ),
    "yahoo": Row(
        reply={
            "sub": "EXAMPLEADA7YJ7S6IH2OGYMQAA",
            "email_verified": True,
            "name": "Ada L",
            "picture": PICTURE,
            "email": EMAIL,
        },
        profile=Profile(
            subject="EXAMPLEADA7YJ7S6IH2OGYMQAA", name="Ada L", picture=PICTURE, email=EMAIL, email_verified=True
        ),
        subject=("sub",),
        name=("name",),
        picture=("picture",),
        email=("email",),
        flag=("email_verified",),
    ),
    "line": Row(
        reply={
            "sub": "U0000000000000000000000000000000a",
            "amr": ["pwd"],
            "name": "Ada L",
            "picture": PICTURE,
            "email": EMAIL,
        },
        profile=Profile(subject="U0000000000000000000000000000000a", name="Ada L", picture=PICTURE, email=EMAIL),
        subject=("sub",),
        name=("name",),
        picture=("picture",),
        email=("email",),
    ),
    "telegram": Row(
        reply={
            "sub": "1234123412341234123",
            "id": 987654321,
            "preferred_username": "ada",
            "name": "Ada L",
            "picture": PICTURE,
        },
        profile=Profile(subject="987654321", preferred_username="ada", name="Ada L", picture=PICTURE),
        subject=("id",),
        kind="decimal or number",
        handle=("preferred_username",),
        name=("name",),
        picture=("picture",),
    ),
    "salesforce": Row(
        reply={
            "sub": "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS",
            "user_id": "005xx000001SwiUAAS",
            "organization_id": "00Dxx0000001gPLEAY",
            "preferred_username": "ada@acme.example",
            "name": "Ada Example",
            "email": EMAIL,
            "email_verified": True,
            "picture": PICTURE,
        },
        profile=Profile(
            subject="00Dxx0000001gPL/005xx000001SwiU",
            preferred_username="ada@acme.example",
            name="Ada Example",
            picture=PICTURE,
            email=EMAIL,
            email_verified=True,
        ),
        subject=("sub",),
        another="https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiVAAS",
        handle=("preferred_username",),
        name=("name",),
        picture=("picture",),
        email=("email",),
        flag=("email_verified",),
    ),
    "huggingface": Row(
        reply={
            "sub": "62f264b9f3c90f4b6514a269",
            "name": "Ada Example",
            "preferred_username": "ada",
            "picture": PICTURE,
            "email": EMAIL,
            "email_verified": True,
            "isPro": False,
        },
        profile=Profile(
            subject="62f264b9f3c90f4b6514a269",
            preferred_username="ada",
            name="Ada Example",
            picture=PICTURE,
            email=EMAIL,
            email_verified=True,
        ),
        subject=("sub",),
        handle=("preferred_username",),
        name=("name",),
        picture=("picture",),
        email=("email",),
        flag=("email_verified",),
    ),
    "roblox": Row(
        reply={
            "sub": "1516563360",
            "name": "Ada",
            "nickname": "Ada",
            "preferred_username": "ada_1815",
            "picture": PICTURE,
        },
        profile=Profile(subject="1516563360", preferred_username="ada_1815", name="Ada", picture=PICTURE),
        subject=("sub",),
        kind="decimal",
        handle=("preferred_username",),
        name=("name",),
        picture=("picture",),
    ),
    "okta": Row(
        reply={
            "sub": "00uid4BxXw6I6TV4m0g3",
            "name": "Ada",
            "preferred_username": EMAIL,
            "email": EMAIL,
            "email_verified": True,
        },
        profile=Profile(
            subject="00uid4BxXw6I6TV4m0g3", preferred_username=EMAIL, name="Ada", email=EMAIL, email_verified=True
        ),
        subject=("sub",),
        handle=("preferred_username",),
        name=("name",),
        email=("email",),
        flag=("email_verified",),
    ),
    "auth0": Row(
        reply={
            "sub": "auth0|507f1f77bcf86cd799439011",
            "nickname": "ada",
            "name": "Ada",
            "picture": PICTURE,
            "email": EMAIL,
            "email_verified": True,
        },
        profile=Profile(
            subject="auth0|507f1f77bcf86cd799439011", name="Ada", picture=PICTURE, email=EMAIL, email_verified=True
        ),
        subject=("sub",),
        name=("name",),
        picture=("picture",),
        email=("email",),
        flag=("email_verified",),
    ),
    "keycloak": Row(
        reply={
            "sub": "8a1f3c1e-7b9c-4a55-9f0e-2f7b9d4f2f10",
            "name": "Ada",
            "preferred_username": "ada",
            "email": EMAIL,
            "email_verified": True,
        },
        profile=Profile(
            subject="8a1f3c1e-7b9c-4a55-9f0e-2f7b9d4f2f10",
            preferred_username="ada",
            name="Ada",
            email=EMAIL,
            email_verified=True,
        ),
        subject=("sub",),
        handle=("preferred_username",),
        name=("name",),
        email=("email",),
        flag=("email_verified",),
    ),
    "authentik": Row(
        reply={
            "sub": "b789d0513b8fb789d0513b8fb789d0513b8fb789d0513b8fb789d0513b8f",
            "preferred_username": "ada",
            "email": EMAIL,
            "email_verified": False,
        },
        profile=Profile(
            subject="b789d0513b8fb789d0513b8fb789d0513b8fb789d0513b8fb789d0513b8f",
            preferred_username="ada",
            email=EMAIL,
        ),
        subject=("sub",),
        handle=("preferred_username",),
        email=("email",),
    ),
    "zitadel": Row(
        reply={
            "sub": "163840776835432705",
            "preferred_username": "ada@acme.example.zitadel.cloud",
            "email": EMAIL,
            "email_verified": True,
        },
        profile=Profile(
            subject="163840776835432705",
            preferred_username="ada@acme.example.zitadel.cloud",
            email=EMAIL,
            email_verified=True,
        ),
        subject=("sub",),
        handle=("preferred_username",),
        email=("email",),
        flag=("email_verified",),
    ),
    "cognito": Row(
        reply={
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "token_use": "id",
            "cognito:username": "ada",
            "email": EMAIL,
            "email_verified": True,
        },
        profile=Profile(subject="aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", email=EMAIL, email_verified=True),
        subject=("sub",),
        email=("email",),
        flag=("email_verified",),
        decides=(("token_use",),),
    ),
    "workos": Row(
        reply={"sub": "user_01JQ0E27VT3MH79RY0FVA4QBP9", "name": "Ada", "email": EMAIL, "email_verified": True},
        profile=Profile(subject="user_01JQ0E27VT3MH79RY0FVA4QBP9", name="Ada", email=EMAIL, email_verified=True),
        subject=("sub",),
        name=("name",),
        email=("email",),
        flag=("email_verified",),
    ),
}
