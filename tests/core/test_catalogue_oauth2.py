"""What single providers over OAuth 2.0 have of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.catalogue import ROWS, oauth2
from core.catalogue.row import EMAIL, FLAGS, changed, made, read
from valetkey import Profile
from valetkey.errors import ProviderReplyInvalid
from valetkey.providers import bitbucket


def test_a_number_is_exact() -> None:
    """As written, also where a reader with 64-bit floats would round it."""
    assert read("vk", {"user": {"user_id": str(2**63)}}).subject == "9223372036854775808"
    assert read("strava", json.loads('{"athlete": {"id": 9007199254740993}}')).subject == "9007199254740993"
    for written in ("7.0", "7e0", '"7"', "true", "-7"):
        with pytest.raises(ProviderReplyInvalid):
            read("strava", json.loads(f'{{"athlete": {{"id": {written}}}}}'))


def test_an_address_that_kakao_has_given_to_another_account_is_not_verified() -> None:
    for flag in FLAGS:
        assert flag is not True
        reply = changed(ROWS["kakao"].reply, ("kakao_account", "is_email_valid"), flag)
        assert read("kakao", reply).email_verified is False
    assert read("kakao", {"id": 7}) == Profile(subject="7")  # a user who has agreed to nothing


def test_the_address_of_bitbucket_is_the_primary_one() -> None:
    """Any JSON value may come; none of them is an error."""
    other = {"email": "other@example.com", "is_primary": False, "is_confirmed": True}
    for nothing in (None, [], {}, 7, "x", {"values": None}, {"values": [None, 7, other]}, {"values": [[other]]}):
        assert bitbucket.describe_email(nothing) == (None, False)
    for flag in (True, *FLAGS):
        one = {"email": EMAIL, "is_primary": True} | ({} if flag is ... else {"is_confirmed": flag})
        assert bitbucket.describe_email({"values": [other, one]}) == (EMAIL, flag is True)
    for flag in FLAGS:
        assert bitbucket.describe_email({"values": [{**other, "is_primary": flag}]}) == (None, False)


def test_a_reply_that_says_that_it_failed_names_nobody() -> None:
    naver, notion = ROWS["naver"].reply, ROWS["notion"].reply
    for code in ("024", 0, "0", None, ...):
        with pytest.raises(ProviderReplyInvalid):
            read("naver", changed(naver, ("resultcode",), code))
    for owner in ({**notion["owner"], "type": "workspace"}, {"type": "workspace", "workspace": True}):
        with pytest.raises(ProviderReplyInvalid):
            read("notion", {**notion, "owner": owner})
    with pytest.raises(ProviderReplyInvalid):  # a failure of GraphQL has status 200
        read("linear", {"errors": [{"message": "Authentication required"}], "data": None})


def test_an_address_of_paypal_is_the_primary_one() -> None:
    reply = ROWS["paypal"].reply
    for emails in (..., [], [{}], [{"value": EMAIL}], [{"value": EMAIL, "primary": "true"}], [EMAIL], {"value": EMAIL}):
        assert read("paypal", changed(reply, ("emails",), emails)).email is None
    assert read("paypal", changed(reply, ("emails",), EMAIL)).email is None
    assert read("paypal", changed(reply, ("emails",), [{"value": 7, "primary": True}, {"value": EMAIL}])).email is None


def test_an_athlete_without_a_picture_or_a_name() -> None:
    athlete = {"id": 7, "username": None, "firstname": "Ada", "lastname": None, "profile": "avatar/athlete/large.png"}
    assert read("strava", {"athlete": athlete}) == Profile(subject="7", name="Ada")


@pytest.mark.parametrize("avatar", [None, 7, "", "a/b/c", "a b", "a?b", "a\n", "//evil.example", "..", "../../x?y"])
def test_a_portrait_of_yandex_has_a_plain_id(avatar: object) -> None:
    assert read("yandex", {**ROWS["yandex"].reply, "default_avatar_id": avatar}).picture is None


def test_an_empty_portrait_of_yandex_is_not_shown() -> None:
    assert read("yandex", {**ROWS["yandex"].reply, "is_avatar_empty": True}).picture is None


def test_instagram_sends_a_user_alone_or_in_an_array() -> None:
    row = ROWS["instagram"]
    assert read("instagram", {"data": [row.reply]}) == read("instagram", row.reply) == row.profile
    for value in ([], {}, None, [None], [[row.reply]], "x", [{"username": "ada"}]):
        with pytest.raises(ProviderReplyInvalid):
            read("instagram", {"data": value})


def test_what_the_records_say_of_the_protocol() -> None:
    """Scopes, and what differs from the standard, by the providers' own pages."""
    protocols: dict[str, Any] = {name: made(name).protocol for name in oauth2.ROWS}
    assert [name for name, one in protocols.items() if not one.pkce] == []
    assert {name for name, one in protocols.items() if one.client_authentication == "basic"} == {
        *("spotify", "bitbucket", "reddit", "notion", "figma", "zoom", "yandex", "paypal"),
    }
    assert {name: one.scope_separator for name, one in protocols.items() if one.scope_separator != " "} == {
        **dict.fromkeys(("tiktok", "strava", "linear", "instagram"), ","),
    }
    assert {name for name in protocols if made(name).requires_domain} == {"tiktok", "paypal"}
    assert {name for name in protocols if made(name).profile_method == "POST"} == {"dropbox", "vk", "linear"}
    assert protocols["tiktok"].client_id_parameter == "client_key"
    assert protocols["vk"].token_placement == "body"
    assert protocols["vk"].callback_parameters == ("device_id", "state")
    assert protocols["yandex"].token_scheme == "OAuth"
    assert protocols["notion"].authorize_parameters == {"owner": "user"}
    assert protocols["atlassian"].authorize_parameters == {"audience": "api.atlassian.com", "prompt": "consent"}
    assert protocols["heroku"].headers == {"Accept": "application/vnd.heroku+json; version=3"}
    assert json.loads(made("linear").profile_body or "")["query"].startswith("{ viewer {")
    assert {name: one.scopes for name, one in protocols.items()} == {
        **dict.fromkeys(("kakao", "naver", "notion", "zoom"), ()),
        **dict.fromkeys(("strava", "linear"), ("read",)),
        "spotify": ("user-read-email",),
        "bitbucket": ("account", "email"),
        "reddit": ("identity",),
        "tiktok": ("user.info.basic",),
        "figma": ("current_user:read",),
        "dropbox": ("account_info.read",),
        **dict.fromkeys(("amazon", "mastodon"), ("profile",)),
        "paypal": ("openid", "profile", "email"),
        "yandex": ("login:info", "login:email", "login:avatar"),
        "kick": ("user:read",),
        "instagram": ("instagram_business_basic",),
        "vk": ("vkid.personal_info", "email"),
        "atlassian": ("read:me",),
        "heroku": ("identity",),
        "digitalocean": ("account:read",),
    }
