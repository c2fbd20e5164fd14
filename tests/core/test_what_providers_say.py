"""What each record reads from a provider's claims or profile: the id strictly, in one spelling; the rest tolerantly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.catalogue.row import BROKEN, FLAGS, NO_ID, changed
from valetkey import Profile, Provider, Secret
from valetkey.errors import ProviderReplyInvalid
from valetkey.login.identification import require_identity
from valetkey.providers import apple, github, microsoft, twitter
from valetkey.providers.discord import discord as make_discord
from valetkey.providers.facebook import facebook as make_facebook
from valetkey.providers.github import github as make_github
from valetkey.providers.gitlab import gitlab as make_gitlab
from valetkey.providers.google import google as make_google
from valetkey.providers.microsoft import microsoft as make_microsoft
from valetkey.providers.record import oidc
from valetkey.providers.record.claims import read_claims, read_userinfo
from valetkey.providers.twitter import twitter_oauth2

TENANT, OTHER_TENANT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "72f988bf-86f1-41af-91ab-2d7cd011db47"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
OBJECT = "00000000-0000-0000-66f3-3332eca7ea81"

Reader = Callable[[Mapping[str, object]], Profile]


def reader_of(make: Callable[..., Provider]) -> Reader:
    """How a record reads the profile."""
    read = make(client_id="id", client_secret=Secret("secret")).describe
    assert read is not None
    return read


read_github, read_discord, read_facebook = map(reader_of, (make_github, make_discord, make_facebook))
# How each reads a user, a good reply, and the path of the id in it.
READERS: dict[str, tuple[Reader, dict[str, Any], tuple[str, ...]]] = {
    "google, gitlab, oidc": (read_claims, {"sub": "10769150350006150715113082367"}, ("sub",)),
    "apple": (apple.identify, {"sub": "001473.fe6f83bf4b8e4590aacbabdcb8598bd0.2039"}, ("sub",)),
    "microsoft tid": (microsoft.identify, {"tid": TENANT, "oid": OBJECT, "sub": "s"}, ("tid",)),
    "microsoft oid": (microsoft.identify, {"tid": TENANT, "oid": OBJECT, "sub": "s"}, ("oid",)),
    "github": (read_github, {"id": 583231, "login": "ada"}, ("id",)),
    "discord": (read_discord, {"id": "80351110224678912", "username": "ada"}, ("id",)),
    "facebook": (read_facebook, {"id": "10158437231295000"}, ("id",)),
    "twitter": (twitter.describe_me, {"data": {"id": "2244994945", "username": "ada"}}, ("data", "id")),
}


@pytest.mark.parametrize("name", READERS)
def test_a_user_without_a_usable_id_is_nobody(name: str) -> None:
    read, good, path = READERS[name]
    assert require_identity(read(good)).subject
    for value in (..., *NO_ID):
        with pytest.raises(ProviderReplyInvalid):
            read(changed(good, path, value))


@pytest.mark.parametrize("name", ["discord", "facebook", "twitter"])
def test_an_id_that_is_a_number_in_text_has_one_spelling(name: str) -> None:
    read, good, path = READERS[name]
    assert read(changed(good, path, "7")).subject == "7"
    assert read(changed(good, path, str(2**63))).subject == "9223372036854775808"
    for other in ("007", "7.0", "+7", "-7", "7 ", " 7", "7\n", "٧", "7e0", "0x7", "0", "1" * 21, 7):
        with pytest.raises(ProviderReplyInvalid):
            read(changed(good, path, other))


def test_an_id_that_is_a_json_number_is_exact() -> None:
    """As written, also where a reader with 64-bit floats would round it. Text, a fraction and a truth are no number."""
    for written, subject in (("7", "7"), ("9223372036854775808", "9223372036854775808"), ("9007199254740993",) * 2):
        assert read_github(json.loads(f'{{"id": {written}}}')).subject == subject
    for written in ("7.0", "7e0", '"7"', "true", "-7", "0", "1" + "0" * 20):
        with pytest.raises(ProviderReplyInvalid):
            read_github(json.loads(f'{{"id": {written}}}'))


def test_sub_is_kept_as_it_was_sent() -> None:
    """Two spellings are two users. An id of another provider's may have any printable ASCII character."""
    spellings = ["007", "7", "7.0", "A", "a", "auth0|7", "https://login.example.com/id/7", "uid=ada, ou=people"]
    assert [read_claims({"sub": one}).subject for one in spellings] == spellings


def test_a_user_of_microsoft_is_a_tenant_and_an_object() -> None:
    def subject(tid: str, oid: str) -> str:
        return microsoft.identify({"tid": tid, "oid": oid, "sub": "same", "email": "same@example.com"}).subject

    assert subject(TENANT, OBJECT) == f"{TENANT}.{OBJECT}"
    assert subject(TENANT.upper(), OBJECT.upper()) == subject(TENANT, OBJECT)
    assert subject(OTHER_TENANT, OBJECT) != subject(TENANT, OBJECT)
    no_guids = [
        f"{{{TENANT}}}",
        TENANT.replace("-", ""),
        f"{TENANT} ",
        f"{TENANT}\n",
        "0" * 8 + "-0000-0000-0000-" + "0" * 12,
    ]
    for value in no_guids:
        for tid, oid in ((value, OBJECT), (TENANT, value)):
            with pytest.raises(ProviderReplyInvalid):
                subject(tid, oid)


def issuer(tenant: str, **claims: object) -> str:
    provider = make_microsoft(client_id="c", client_secret=Secret("s"), tenant=tenant)
    expected = provider.protocol.expected_issuer  # type: ignore[attr-defined]
    return str(expected(claims))


def test_a_token_of_microsoft_names_the_issuer_of_its_tenant() -> None:
    site = "https://login.microsoftonline.com"
    assert issuer("common", tid=TENANT) == issuer("organizations", tid=TENANT) == f"{site}/{TENANT}/v2.0"
    assert issuer(TENANT.upper(), tid=TENANT) == f"{site}/{TENANT}/v2.0"
    assert issuer("common", tid=PERSONAL) == issuer("consumers", tid=PERSONAL) == f"{site}/{PERSONAL}/v2.0"
    for tenant, tid in (
        *(("organizations", PERSONAL), ("organizations", PERSONAL.upper()), ("consumers", TENANT)),
        *(
            (TENANT, OTHER_TENANT),
            (TENANT, PERSONAL),
            ("common", "contoso.com"),
            ("common", "{tenantid}"),
            ("common", 7),
        ),
    ):
        with pytest.raises(ProviderReplyInvalid):
            issuer(tenant, tid=tid)
    with pytest.raises(ProviderReplyInvalid):
        issuer("common", iss=f"{site}/{TENANT}/v2.0")


# E-mail


def email(profile: Profile) -> tuple[str | None, bool]:
    """What the core keeps of it."""
    kept = require_identity(profile)
    return kept.email, kept.email_verified


def flagged(name: str, flag: object) -> dict[str, object]:
    return {"email": "ada@example.com"} | ({} if flag is ... else {name: flag})


def of_github(flag: object) -> tuple[str | None, bool]:
    one = {"email": "ada@example.com", "primary": True} | ({} if flag is ... else {"verified": flag})
    return github.describe_email([{"email": "other@example.com", "primary": False, "verified": True}, one])


EMAILS: dict[str, tuple[Callable[[object], tuple[str | None, bool]], list[object]]] = {
    "google, gitlab, oidc": (lambda flag: email(read_claims({"sub": "1", **flagged("email_verified", flag)})), [True]),
    "apple": (lambda flag: email(apple.identify({"sub": "1", **flagged("email_verified", flag)})), [True, "true"]),
    "microsoft": (
        lambda flag: email(
            microsoft.identify({"tid": TENANT, "oid": OBJECT, "email_verified": True, **flagged("xms_edov", flag)})
        ),
        [True],
    ),
    "discord": (lambda flag: email(read_discord({"id": "1", **flagged("verified", flag)})), [True]),
    "facebook": (lambda flag: email(read_facebook({"id": "1", **flagged("verified", flag)})), []),
    "github": (of_github, [True]),
}


@pytest.mark.parametrize("name", EMAILS)
def test_an_address_is_verified_where_the_record_says_so_and_nowhere_else(name: str) -> None:
    read, verifying = EMAILS[name]
    for flag in (True, *FLAGS):
        is_verifying = any(flag is one or (isinstance(flag, str) and flag == one) for one in verifying)
        assert read(flag) == ("ada@example.com", is_verifying), flag


def test_the_address_read_github_is_the_primary_one() -> None:
    """Any JSON value may come; none of them is an error."""
    other = {"email": "other@example.com", "primary": False, "verified": True}
    for reply in (
        [],
        [other],
        {},
        {"message": "Not Found"},
        None,
        "x",
        7,
        [[other]],
        [None, 7, "x"],
        [{"primary": True}],
    ):
        assert github.describe_email(reply) == (None, False)
    assert github.describe_email([None, {**other, "primary": True}]) == ("other@example.com", True)
    assert github.describe_email([{**other, "primary": 1}]) == (None, False)


def test_x_gives_out_an_address_that_it_has_confirmed() -> None:
    assert email(twitter.describe_me({"data": {"id": "7", "confirmed_email": "ada@example.com"}})) == (
        "ada@example.com",
        True,
    )
    for value in (None, 7, "", [], {"email": "ada@example.com"}):
        assert email(twitter.describe_me({"data": {"id": "7", "confirmed_email": value}})) == (None, False)
    assert email(twitter.describe_me({"data": {"id": "7", "email": "ada@example.com"}})) == (None, False)


def test_a_malformed_address_is_not_verified() -> None:
    for value in (7, "ada", "ada@", "@example.com", "a@b@c", "ada@example.com\n", None, [], "x" * 400 + "@example.com"):
        assert email(read_claims({"sub": "1", "email": value, "email_verified": True})) == (None, False)
        assert email(read_discord({"id": "1", "email": value, "verified": True})) == (None, False)


# What is only displayed


@pytest.mark.parametrize("name", READERS)
def test_what_is_only_displayed_fails_no_login(name: str) -> None:
    read, good, _ = READERS[name]
    members = (
        *("preferred_username", "name", "picture", "email", "login", "avatar_url", "username", "global_name", "avatar"),
        *("profile_image_url", "confirmed_email"),
    )
    for value in BROKEN:
        broken = dict.fromkeys(members, value)
        reply = {"data": {**broken, **good["data"]}} if "data" in good else {**broken, **good}
        profile = require_identity(read(reply))
        assert profile.subject == read(good).subject
        assert (profile.name, profile.picture, profile.email) == (None, None, None)


def test_what_each_reads() -> None:
    """The members by the names that each provider gives them."""
    claims = {"sub": "1", "preferred_username": "ada", "name": "Ada L", "picture": "https://p.example.com/a.png"}
    assert read_claims(claims) == Profile(
        subject="1", preferred_username="ada", name="Ada L", picture="https://p.example.com/a.png"
    )
    assert read_github({"id": 7, "login": "ada", "name": "Ada L", "avatar_url": "https://p.example.com/a"}) == Profile(
        subject="7", preferred_username="ada", name="Ada L", picture="https://p.example.com/a"
    )
    avatar = "8342729096ea3675442027381ff50dfe"
    reply: dict[str, object] = {"id": "7", "username": "ada", "global_name": "Ada L", "avatar": avatar}
    assert read_discord(reply) == Profile(
        subject="7",
        preferred_username="ada",
        name="Ada L",
        picture=f"https://cdn.discordapp.com/avatars/7/{avatar}.png",
    )
    picture = {"data": {"url": "https://p.example.com/a?b=1", "is_silhouette": False}}
    assert read_facebook({"id": "7", "name": "Ada L", "picture": picture}) == Profile(
        subject="7", name="Ada L", picture="https://p.example.com/a?b=1"
    )
    me = {"id": "7", "username": "ada", "name": "Ada L", "profile_image_url": "https://p.example.com/a.png"}
    assert twitter.describe_me({"data": me}) == Profile(
        subject="7", preferred_username="ada", name="Ada L", picture="https://p.example.com/a.png"
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:image/png;base64,AA", "http://p.example.com/a.png", '"'])
def test_a_picture_is_an_address_that_a_page_may_load(url: str) -> None:
    assert read_claims({"sub": "1", "picture": url}).picture is None
    assert read_github({"id": 7, "avatar_url": url}).picture is None
    assert read_facebook({"id": "7", "picture": {"data": {"url": url}}}).picture is None
    assert read_discord({"id": "7", "avatar": f"../{url}"}).picture is None
    assert read_claims({"sub": "1", "picture": "http://127.0.0.1:8001/a.png"}).picture is not None  # a sandbox's


def test_userinfo_that_names_nobody_is_told_apart() -> None:
    """Its subject is empty, and the core uses nothing of such a reply."""
    assert read_userinfo({"sub": "7", "name": "Ada"}) == Profile(subject="7", name="Ada")
    for value in (None, 7, ["7"], True):
        assert read_userinfo({"sub": value, "name": "Ada"}).subject == ""
    assert read_userinfo({"name": "Ada"}).subject == ""


# The records

KEYS: dict[str, Any] = {"client_id": "id", "client_secret": Secret("secret")}
MAKERS: dict[str, Callable[..., Provider]] = {
    "google": make_google,
    "github": make_github,
    "microsoft": make_microsoft,
    "twitter": twitter_oauth2,
    "facebook": make_facebook,
    "discord": make_discord,
    "gitlab": make_gitlab,
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_record_shows_no_secret_and_has_an_icon(name: str) -> None:
    made = MAKERS[name](client_id="id", client_secret=Secret("canary"))
    assert made.name == name
    assert made.icon
    assert made.colors
    assert "canary" not in repr(made)
    assert all(url.startswith("https://") for url in (made.protocol.authorize_url, *made.requested))


def test_the_scopes_and_the_ways_to_authenticate() -> None:
    scopes = {name: getattr(make(**KEYS).protocol, "scopes", ()) for name, make in MAKERS.items()}
    assert scopes == {
        **dict.fromkeys(("google", "microsoft", "gitlab"), ("openid", "profile", "email")),
        "github": ("read:user", "user:email"),
        "twitter": ("users.read", "tweet.read"),
        "facebook": ("public_profile", "email"),
        "discord": ("identify", "email"),
    }
    with_email = twitter_oauth2(**KEYS, include_email=True)
    assert with_email.protocol.scopes == ("users.read", "tweet.read", "users.email")  # type: ignore[attr-defined]
    assert with_email.profile_url == "https://api.x.com/2/users/me?user.fields=profile_image_url,confirmed_email"
    basic = {name for name, make in MAKERS.items() if make(**KEYS).protocol.client_authentication == "basic"}  # type: ignore[attr-defined]
    assert basic == {"twitter"}
    assert make_facebook(**KEYS).protocol.scope_separator == ","  # type: ignore[attr-defined]


def test_an_openid_connect_server_by_its_issuer() -> None:
    made = oidc("acme", issuer="https://id.example.com/realms/a/", client_id="id")
    assert (made.name, made.title, made.icon) == ("acme", "Acme", None)
    assert made.requested == ("https://id.example.com/realms/a/.well-known/openid-configuration",)
    assert made.protocol.credentials.secret is None
    assert oidc("acme", issuer="https://id.example.com", client_id="id", title="Acme Inc.").title == "Acme Inc."


@pytest.mark.parametrize(
    ("name", "base", "addresses"),
    [
        ("google", "https://b.example.com", ["/.well-known/openid-configuration"]),
        ("gitlab", "https://b.example.com", ["/.well-known/openid-configuration"]),
        ("microsoft", "https://b.example.com", ["/common/v2.0/.well-known/openid-configuration"]),
        ("github", "https://b.example.com", ["/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"]),
        ("github", "http://127.0.0.1:8001/github", ["/login/oauth/access_token", "/user", "/user/emails"]),
        ("twitter", "http://127.0.0.1:8001/x2", ["/2/oauth2/token", "/2/users/me?user.fields=profile_image_url"]),
        ("discord", "http://127.0.0.1:8001/discord", ["/api/oauth2/token", "/api/users/@me"]),
        (
            "facebook",
            "http://127.0.0.1:8001/facebook",
            ["/v24.0/oauth/access_token", "/v24.0/me?fields=id,name,email,picture"],
        ),
    ],
)
def test_every_address_follows_a_base(name: str, base: str, addresses: list[str]) -> None:
    made = MAKERS[name](**KEYS, base=base)
    assert made.requested == tuple(f"{base}{address}" for address in addresses)
    assert made.protocol.authorize_url.startswith(base)
    assert "." not in made.protocol.authorize_url.removeprefix(base).replace("v2.0", "").replace("v24.0", "")


def test_another_server_is_not_taken_for_the_real_one() -> None:
    """A second spelling of Google's issuer, and the issuer of GitHub's callbacks, belong to the real ones."""
    assert make_google(**KEYS).protocol.other_issuers == ("accounts.google.com",)  # type: ignore[attr-defined]
    assert make_github(**KEYS).protocol.issuer == "https://github.com/login/oauth"  # type: ignore[attr-defined]
    base = "https://b.example.com"
    assert make_google(**KEYS, base=base).protocol.other_issuers == ()  # type: ignore[attr-defined]
    assert make_google(**KEYS, base=base).protocol.issuer == base  # type: ignore[attr-defined]
    assert make_github(**KEYS, base=base).protocol.issuer is None  # type: ignore[attr-defined]
    named = make_github(**KEYS, base=base, issuer=f"{base}/login/oauth")
    assert named.protocol.issuer == f"{base}/login/oauth"  # type: ignore[attr-defined]
