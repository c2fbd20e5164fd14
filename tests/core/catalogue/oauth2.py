"""Replies of the providers over OAuth 2.0: the profile, or the members of the token reply that say who it is.

All users are made up.
"""

from __future__ import annotations

from core.catalogue.row import EMAIL, PICTURE, Row
from valetkey import Profile

ROWS = {
    "spotify": Row(
        reply={"account_id": "ada1815", "display_name": "Ada L", "images": [{"url": PICTURE}], "email": EMAIL},
        profile=Profile(subject="ada1815", name="Ada L", picture=PICTURE, email=EMAIL),
        subject=("account_id",),
        name=("display_name",),
        picture=("images", 0, "url"),
        email=("email",),
    ),
    "bitbucket": Row(
        reply={
            "uuid": "{7002c0de-0000-4000-8000-000000000001}",
            "account_id": "557058:x",
            "username": "ada-name",
            "nickname": "ada",
            "display_name": "Ada L",
            "links": {"avatar": {"href": PICTURE}},
        },
        profile=Profile(
            subject="{7002c0de-0000-4000-8000-000000000001}", preferred_username="ada", name="Ada L", picture=PICTURE
        ),
        subject=("uuid",),
        handle=("nickname",),
        name=("display_name",),
        picture=("links", "avatar", "href"),
    ),
    "reddit": Row(
        reply={
            "id": "1a2b3c",
            "name": "ada",
            "icon_img": f"{PICTURE}?width=256&amp;s=x",
            "subreddit": {"title": "Ada L"},
        },
        profile=Profile(subject="1a2b3c", preferred_username="ada", name="Ada L", picture=PICTURE),
        subject=("id",),
        handle=("name",),
        name=("subreddit", "title"),
        picture=("icon_img",),
    ),
    "kakao": Row(
        reply={
            "id": 9007199254740993,
            "kakao_account": {
                "profile": {"nickname": "Ada L", "profile_image_url": PICTURE},
                "email": EMAIL,
                "is_email_valid": True,
                "is_email_verified": True,
            },
        },
        profile=Profile(subject="9007199254740993", name="Ada L", picture=PICTURE, email=EMAIL, email_verified=True),
        subject=("id",),
        kind="number",
        name=("kakao_account", "profile", "nickname"),
        picture=("kakao_account", "profile", "profile_image_url"),
        email=("kakao_account", "email"),
        flag=("kakao_account", "is_email_verified"),
    ),
    "naver": Row(
        reply={
            "resultcode": "00",
            "response": {
                "id": "aB3dE_fG-0",
                "nickname": "ada",
                "name": "Ada L",
                "profile_image": PICTURE,
                "email": EMAIL,
            },
        },
        profile=Profile(subject="aB3dE_fG-0", preferred_username="ada", name="Ada L", picture=PICTURE, email=EMAIL),
        subject=("response", "id"),
        handle=("response", "nickname"),
        name=("response", "name"),
        picture=("response", "profile_image"),
        email=("response", "email"),
        decides=(("resultcode",),),
    ),
    "tiktok": Row(
        reply={
            "data": {"user": {"open_id": "-000AdaL01", "avatar_url": PICTURE, "display_name": "Ada L"}},
            "error": {"code": "ok", "message": ""},
        },
        profile=Profile(subject="-000AdaL01", name="Ada L", picture=PICTURE),
        subject=("data", "user", "open_id"),
        name=("data", "user", "display_name"),
        picture=("data", "user", "avatar_url"),
    ),
    "notion": Row(
        reply={
            "bot_id": "b",
            "workspace_id": "w",
            "owner": {
                "type": "user",
                "user": {
                    "object": "user",
                    "id": "7002c0de-0000-4000-8000-000000000001",
                    "name": "Ada L",
                    "avatar_url": PICTURE,
                    "person": {"email": EMAIL},
                },
            },
        },
        profile=Profile(subject="7002c0de-0000-4000-8000-000000000001", name="Ada L", picture=PICTURE, email=EMAIL),
        subject=("owner", "user", "id"),
        name=("owner", "user", "name"),
        picture=("owner", "user", "avatar_url"),
        email=("owner", "user", "person", "email"),
        decides=(("owner", "type"),),
    ),
    "figma": Row(
        reply={"id": "1234567890123456789", "handle": "Ada Example", "img_url": PICTURE, "email": EMAIL},
        profile=Profile(subject="1234567890123456789", name="Ada Example", picture=PICTURE, email=EMAIL),
        subject=("id",),
        name=("handle",),
        picture=("img_url",),
        email=("email",),
    ),
    "dropbox": Row(
        reply={
            "account_id": "dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc",
            "name": {"given_name": "Ada", "surname": "Example", "display_name": "Ada Example"},
            "email": EMAIL,
            "email_verified": True,
            "disabled": False,
            "account_type": {".tag": "basic"},
            "profile_photo_url": PICTURE,
        },
        profile=Profile(
            subject="dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc",
            name="Ada Example",
            picture=PICTURE,
            email=EMAIL,
            email_verified=True,
        ),
        subject=("account_id",),
        name=("name", "display_name"),
        picture=("profile_photo_url",),
        email=("email",),
        flag=("email_verified",),
    ),
    "amazon": Row(
        reply={"user_id": "amzn1.account.K2LI23KL2LK2", "name": "Ada Example", "email": EMAIL},
        profile=Profile(subject="amzn1.account.K2LI23KL2LK2", name="Ada Example", email=EMAIL),
        subject=("user_id",),
        name=("name",),
        email=("email",),
    ),
    "paypal": Row(
        reply={
            "user_id": "https://www.paypal.com/webapps/auth/identity/user/mWq6_1sU85v5EG9yHdPxJRrhGHrnMJ-1PQKtX6pcsmA",
            "sub": "https://www.paypal.com/webapps/auth/identity/user/mWq6_1sU85v5EG9yHdPxJRrhGHrnMJ-1PQKtX6pcsmA",
            "name": "Ada Example",
            "given_name": "Ada",
            "payer_id": "WDJJHEBZ4X2LY",
            "verified_account": "true",
            "emails": [{"value": "old@example.com", "confirmed": True}, {"value": EMAIL, "primary": True}],
        },
        profile=Profile(
            subject="https://www.paypal.com/webapps/auth/identity/user/mWq6_1sU85v5EG9yHdPxJRrhGHrnMJ-1PQKtX6pcsmA",
            name="Ada Example",
            email=EMAIL,
        ),
        subject=("user_id",),
        name=("name",),
        email=("emails", 1, "value"),
    ),
    "vk": Row(
        reply={
            "user": {
                "user_id": "1234567890",
                "first_name": "Ada",
                "last_name": "Example",
                "avatar": PICTURE,
                "email": EMAIL,
                "sex": 1,
                "verified": True,
            }
        },
        profile=Profile(subject="1234567890", name="Ada Example", picture=PICTURE, email=EMAIL),
        subject=("user", "user_id"),
        kind="decimal",
        picture=("user", "avatar"),
        email=("user", "email"),
    ),
    "atlassian": Row(
        reply={
            "account_type": "atlassian",
            "account_id": "712020:112233aa-bb11-cc22-33dd-445566abcabc",
            "email": EMAIL,
            "email_verified": True,
            "name": "Ada Example",
            "picture": PICTURE,
            "nickname": "ada",
        },
        profile=Profile(
            subject="712020:112233aa-bb11-cc22-33dd-445566abcabc",
            preferred_username="ada",
            name="Ada Example",
            picture=PICTURE,
            email=EMAIL,
        ),
        subject=("account_id",),
        handle=("nickname",),
        name=("name",),
        picture=("picture",),
        email=("email",),
    ),
    "zoom": Row(
        reply={
            "id": "KdYKjnimT4KPd8FFgQt9FQ",
            "first_name": "Ada",
            "display_name": "Ada Example",
            "email": EMAIL,
            "verified": 1,
            "pic_url": PICTURE,
            "account_id": "gVcjZnYYRLDbb_MfgHuaxg",
        },
        profile=Profile(subject="KdYKjnimT4KPd8FFgQt9FQ", name="Ada Example", picture=PICTURE, email=EMAIL),
        subject=("id",),
        name=("display_name",),
        picture=("pic_url",),
        email=("email",),
    ),
    "strava": Row(
        reply={
            "token_type": "Bearer",
            "expires_in": 21600,
            "athlete": {
                "id": 32641234,
                "username": "ada",
                "firstname": "Ada",
                "lastname": "Example",
                "profile": PICTURE,
                "email": EMAIL,  # it was there until 2019
            },
        },
        profile=Profile(subject="32641234", preferred_username="ada", name="Ada Example", picture=PICTURE),
        subject=("athlete", "id"),
        kind="number",
        handle=("athlete", "username"),
        picture=("athlete", "profile"),
    ),
    "linear": Row(
        reply={
            "data": {
                "viewer": {
                    "id": "8b5d2b0e-3b4c-4f6c-9f57-1a2b3c4d5e6f",
                    "name": "Ada Example",
                    "displayName": "ada",
                    "email": EMAIL,
                    "avatarUrl": PICTURE,
                }
            }
        },
        profile=Profile(
            subject="8b5d2b0e-3b4c-4f6c-9f57-1a2b3c4d5e6f",
            preferred_username="ada",
            name="Ada Example",
            picture=PICTURE,
            email=EMAIL,
        ),
        subject=("data", "viewer", "id"),
        handle=("data", "viewer", "displayName"),
        name=("data", "viewer", "name"),
        picture=("data", "viewer", "avatarUrl"),
        email=("data", "viewer", "email"),
    ),
    "heroku": Row(
        reply={
            "id": "01234567-89ab-cdef-0123-456789abcdef",
            "email": EMAIL,
            "name": "Ada Example",
            "verified": True,
            "federated": False,
        },
        profile=Profile(subject="01234567-89ab-cdef-0123-456789abcdef", name="Ada Example", email=EMAIL),
        subject=("id",),
        name=("name",),
        email=("email",),
    ),
    "digitalocean": Row(
        reply={
            "account": {
                "uuid": "b6fc89dbf6d9156cace5f3c78dc9851d957381ef",
                "email": EMAIL,
                "name": "Ada Example",
                "email_verified": True,
                "status": "active",
                "team": {"uuid": "5df3e3004a17e242b7c20ca6c9fc25b701a47ece", "name": "Team"},
            }
        },
        profile=Profile(
            subject="b6fc89dbf6d9156cace5f3c78dc9851d957381ef", name="Ada Example", email=EMAIL, email_verified=True
        ),
        subject=("account", "uuid"),
        name=("account", "name"),
        email=("account", "email"),
        flag=("account", "email_verified"),
    ),
    "yandex": Row(
        reply={
            "id": "1000034426",
            "login": "ada",
            "client_id": "4760187d81bc4b7799476b42b5103713",
            "psuid": "1.AAceCw.tbHgw5DtJ9",
            "display_name": "Ada",
            "default_email": "ada@yandex.example",
            "emails": ["ada@yandex.example"],
            "default_avatar_id": "43978/abc-1",
            "is_avatar_empty": False,
        },
        profile=Profile(
            subject="1000034426",
            preferred_username="ada",
            name="Ada",
            picture="https://avatars.yandex.net/get-yapic/43978/abc-1/islands-200",
            email="ada@yandex.example",
        ),
        subject=("id",),
        kind="decimal",
        handle=("login",),
        name=("display_name",),
        picture=("default_avatar_id",),
        email=("default_email",),
    ),
    "mastodon": Row(
        reply={"id": "14715", "username": "ada", "acct": "ada", "display_name": "Ada Lovelace", "avatar": PICTURE},
        profile=Profile(
            subject="mastodon.example/14715", preferred_username="ada", name="Ada Lovelace", picture=PICTURE
        ),
        subject=("id",),
        handle=("username",),
        name=("display_name",),
        picture=("avatar",),
    ),
    "kick": Row(
        reply={
            "data": [{"email": EMAIL, "name": "ada", "profile_picture": PICTURE, "user_id": 123456}],
            "message": "OK",
        },
        profile=Profile(subject="123456", preferred_username="ada", picture=PICTURE, email=EMAIL),
        subject=("data", 0, "user_id"),
        kind="number",
        handle=("data", 0, "name"),
        picture=("data", 0, "profile_picture"),
        email=("data", 0, "email"),
    ),
    "instagram": Row(
        reply={
            "user_id": "17841405793187218",
            "username": "ada",
            "name": "Ada",
            "profile_picture_url": PICTURE,
            "id": "2",
        },
        profile=Profile(subject="17841405793187218", preferred_username="ada", name="Ada", picture=PICTURE),
        subject=("user_id",),
        kind="decimal",
        handle=("username",),
        name=("name",),
        picture=("profile_picture_url",),
    ),
}
