"""Replies of the providers over OAuth 1.0a: the profile, or the members of the exchange that say who it is.

All users are made up.
"""

from __future__ import annotations

from core.catalogue.row import EMAIL, PICTURE, Row
from valetkey import Profile

ROWS = {
    "tumblr": Row(
        reply={
            "meta": {"status": 200, "msg": "OK"},
            "response": {
                "user": {
                    "name": "ada-writes",
                    "blogs": [
                        {"name": "ada-side", "title": "Side", "uuid": "t:Zm9vYmFyYmF6cXV4MTIzNA", "primary": False},
                        {
                            "name": "ada-writes",
                            "title": "Ada writes",
                            "uuid": "t:0aY0xL2Fi1OFJg4Yxpme0A",
                            "primary": True,
                            "avatar": [{"width": 512, "url": PICTURE}],
                        },
                    ],
                }
            },
        },
        profile=Profile(
            subject="t:0aY0xL2Fi1OFJg4Yxpme0A", preferred_username="ada-writes", name="Ada writes", picture=PICTURE
        ),
        subject=("response", "user", "blogs", 1, "uuid"),
        not_ids=("ada-writes", "t:", "T:0aY0xL2Fi1OFJg4Yxpme0A", "t:0aY0xL2Fi1OFJg4Yxpme0A/"),
        handle=("response", "user", "name"),
        name=("response", "user", "blogs", 1, "title"),
        picture=("response", "user", "blogs", 1, "avatar", 0, "url"),
        decides=(("response", "user", "blogs", 0, "primary"), ("response", "user", "blogs", 1, "primary")),
    ),
    "discogs": Row(
        reply={"id": 1578108, "username": "ada", "resource_url": "https://x.example", "consumer_name": "My app"},
        profile=Profile(subject="1578108", preferred_username="ada"),
        subject=("id",),
        kind="number",
        handle=("username",),
    ),
    "trello": Row(
        reply={"id": "5a1b2c3d4e5f6a7b8c9d0e1f", "username": "ada", "fullName": "Ada Example"},
        profile=Profile(subject="5a1b2c3d4e5f6a7b8c9d0e1f", preferred_username="ada", name="Ada Example"),
        subject=("id",),
        handle=("username",),
        name=("fullName",),
    ),
    "wikimedia": Row(
        reply={
            "iss": "https://meta.wikimedia.org",
            "sub": "12345678",
            "username": "Ada Example",
            "confirmed_email": True,
            "email_verified": True,
            "blocked": False,
            "realname": "Ada E.",
            "email": EMAIL,
        },
        profile=Profile(
            subject="12345678", preferred_username="Ada Example", name="Ada E.", email=EMAIL, email_verified=True
        ),
        subject=("sub",),
        kind="decimal",
        handle=("username",),
        name=("realname",),
        email=("email",),
        flag=("confirmed_email",),
    ),
    "zotero": Row(
        reply={"userID": "475425", "username": "Ada Example"},
        profile=Profile(subject="475425", preferred_username="Ada Example"),
        subject=("userID",),
        kind="decimal",
        handle=("username",),
    ),
    "smugmug": Row(
        reply={
            "Code": 200,
            "Response": {
                "Uri": "/api/v2!authuser",
                "User": {
                    "Name": "Ada Example",
                    "NickName": "ada",
                    "RefTag": "TEjaxa2MF2LJ6",
                    "Uri": "/api/v2/user/ada",
                    "Uris": {"Node": {"Uri": "/api/v2/node/zx4Fx"}, "UserProfile": {"Uri": "/api/v2/user/ada!profile"}},
                },
            },
        },
        profile=Profile(subject="zx4Fx", preferred_username="ada", name="Ada Example"),
        subject=("Response", "User", "Uris", "Node", "Uri"),
        another="/api/v2/node/zx4FX",
        not_ids=("zx4Fx", "/api/v2/node/", "/api/v2/user/ada", "/api/v2/node/zx4Fx/ada", "/api/v2/node/zx4Fx\n"),
        handle=("Response", "User", "NickName"),
        name=("Response", "User", "Name"),
    ),
    "hatena": Row(
        reply={"url_name": "ada-jp", "display_name": "エイダ", "profile_image_url": PICTURE},
        profile=Profile(subject="ada-jp", name="エイダ", picture=PICTURE),
        subject=("url_name",),
        name=("display_name",),
        picture=("profile_image_url",),
    ),
    "plurk": Row(
        reply={
            "id": 3141592,
            "nick_name": "ada",
            "display_name": "Ada",
            "avatar_big": PICTURE,
            "verified_account": True,
        },
        profile=Profile(subject="3141592", preferred_username="ada", name="Ada", picture=PICTURE),
        subject=("id",),
        kind="number",
        handle=("nick_name",),
        name=("display_name",),
        picture=("avatar_big",),
    ),
    "usos": Row(
        reply={"id": "1234567", "first_name": "Ada", "last_name": "Przykład", "email": "ada@uni.example"},
        profile=Profile(subject="server.example/place/1234567", name="Ada Przykład", email="ada@uni.example"),
        subject=("id",),
        email=("email",),
    ),
    "openbankproject": Row(
        reply={
            "user_id": "9ca9a7e4-6d02-40e3-a129-0b2bf89de9b1",
            "email": EMAIL,
            "provider_id": "ada",
            "provider": "https://bank.example",
            "username": "ada",
            "is_deleted": False,
        },
        profile=Profile(
            subject="server.example/place/9ca9a7e4-6d02-40e3-a129-0b2bf89de9b1", preferred_username="ada", email=EMAIL
        ),
        subject=("user_id",),
        handle=("username",),
        email=("email",),
    ),
    "opencaching": Row(
        reply={"uuid": "0b34b6dd-1f2e-11e4-9d3a-00163e0a1b2c", "username": "ada"},
        profile=Profile(subject="server.example/place/0b34b6dd-1f2e-11e4-9d3a-00163e0a1b2c", preferred_username="ada"),
        subject=("uuid",),
        handle=("username",),
    ),
    "jira": Row(
        reply={
            "key": "JIRAUSER10100",
            "name": "ada",
            "emailAddress": EMAIL,
            "avatarUrls": {"48x48": PICTURE},
            "displayName": "Ada Example",
            "active": True,
        },
        profile=Profile(
            subject="server.example/place/JIRAUSER10100",
            preferred_username="ada",
            name="Ada Example",
            picture=PICTURE,
            email=EMAIL,
        ),
        subject=("key",),
        handle=("name",),
        name=("displayName",),
        picture=("avatarUrls", "48x48"),
        email=("emailAddress",),
    ),
    "confluence": Row(
        reply={
            "type": "known",
            "username": "ada",
            "userKey": "2c9dccb16f68e1e6016f6d26ed060000",
            "displayName": "Ada Example",
        },
        profile=Profile(
            subject="server.example/place/2c9dccb16f68e1e6016f6d26ed060000",
            preferred_username="ada",
            name="Ada Example",
        ),
        subject=("userKey",),
        handle=("username",),
        name=("displayName",),
        decides=(("type",),),
    ),
    "wordpress": Row(
        reply={"id": 7, "username": "ada", "name": "Ada", "email": EMAIL, "avatar_urls": {"96": PICTURE}},
        profile=Profile(
            subject="server.example/place/7", preferred_username="ada", name="Ada", picture=PICTURE, email=EMAIL
        ),
        subject=("id",),
        kind="number",
        handle=("username",),
        name=("name",),
        picture=("avatar_urls", "96"),
        email=("email",),
    ),
}
