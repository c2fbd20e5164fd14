"""An e-mail address is data: it is checked, it keeps its flag, and it is nobody's key."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from story.conftest import Story, holding
from valetkey.crypto import Secret
from valetkey.login.attempt import LinkToCollector, PendingLink
from valetkey.login.cookie_codec import MAX_SEALED_CHARACTERS
from valetkey.login.identification import MAX_EMAIL_CHARACTERS, require_identity
from valetkey.login.one_time_codes import challenge_of
from valetkey.login.results import LinkWaits, SignedIn
from valetkey.models import Identity, Profile
from valetkey.providers.record.provider import Provider
from valetkey.providers.twitter import twitter

ME = "users.json"
PROFILE_URL = f"https://api.x.com/{ME}"
VERIFY = "verify_credentials.json"
ADDRESS = "ada@example.com"

ADDRESSES = [
    ADDRESS,
    "Ada.Lovelace+valetkey@Example.COM",
    "a@b",
    "o'brien!#$%&*/=?^_`{|}~-@example.com",
    "адрес@пример.рф",
    "ada@xn--e1afmkfd.xn--p1ai",
    f"{'a' * 64}@{'b' * (MAX_EMAIL_CHARACTERS - 65)}",
]
NO_ADDRESSES: list[Any] = [
    "", "@", "ada", "ada@", "@example.com", "ada@@example.com", "ada@b@example.com", " ada@example.com",
    "ada@example.com ", "a da@example.com", "ada@example.com\n", "ada@example.com\r\nBcc: eve@evil.example",
    "ada@exam\0ple.com", "ada\t@example.com", "ada@example.com\x7f", "ada\u00a0@example.com", "ada\u200b@example.com",
    "ada\u202e@example.com", "ada@\ud800example.com", "ada\u2028@example.com", "ada@example.com,eve",
    "Ada <ada@example.com>", '"ada"@example.com', "ada@[192.0.2.1]", "ada(x)@example.com", "ada;eve@example.com",
    "mailto:ada@example.com", "ada\\@example.com",
    f"{'a' * 64}@{'b' * (MAX_EMAIL_CHARACTERS - 64)}", "a" * 10_000 + "@example.com",
    7, True, b"ada@example.com", ["ada@example.com"], {"email": "ada@example.com"},
]  # fmt: skip
NOT_TRUE: list[Any] = ["false", "true", "True", "1", 1, 1.0, 0, None, [], [True], {"verified": True}, "yes", b"true"]


def emails_of(profile: Profile) -> tuple[str | None, bool]:
    return profile.email, profile.email_verified


def kept(story: Story) -> list[tuple[str, str | None, int]]:
    connection = sqlite3.connect(story.database)
    try:
        return connection.execute("SELECT subject, email, email_verified FROM identities ORDER BY subject").fetchall()
    finally:
        connection.close()


# What is an address


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_kept_to_the_byte(address: str) -> None:
    for verified in (True, False):
        found = require_identity(Profile(subject="7", email=address, email_verified=verified))
        assert emails_of(found) == (address, verified)


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=lambda one: ascii(one)[:40])
def test_what_is_no_address_is_left_out_with_its_flag(address: Any) -> None:
    """And the user signs in all the same."""
    found = require_identity(Profile(subject="7", name="Ada", email=address, email_verified=True))
    assert (emails_of(found), found.name) == ((None, False), "Ada")


@pytest.mark.parametrize("flag", NOT_TRUE, ids=repr)
def test_only_true_is_verified(flag: Any) -> None:
    """A provider's code that hands on what the wire said: the text "false" is true in Python."""
    assert emails_of(require_identity(Profile(subject="7", email=ADDRESS, email_verified=flag))) == (ADDRESS, False)
    assert emails_of(require_identity(Profile(subject="7", email=ADDRESS, email_verified=True))) == (ADDRESS, True)


# Where it goes


def signed_in(story: Story, login_id: str, user: str = "1001") -> Any:
    started = story.begin(login_id)
    story.provider.people[started.attempt.request_id] = user
    ended = story.finish(started)
    assert isinstance(ended, SignedIn)
    return ended


def profiled(known: Profile, described: Profile) -> Callable[[Provider], Provider]:
    """A record that has one answer from the exchange, and one from the profile request."""
    return lambda x: replace(
        x,
        verifies_email=True,
        identify=lambda fields: replace(known, subject=fields["user_id"]),
        profile_url=PROFILE_URL,
        describe=lambda reply: replace(described, subject=str(reply["id"])),
    )


JOINED: dict[str, tuple[tuple[Any, Any], tuple[Any, Any], tuple[str | None, bool]]] = {
    "of the exchange alone": (("a@x.example", True), (None, False), ("a@x.example", True)),
    "of the profile alone": ((None, False), ("b@x.example", True), ("b@x.example", True)),
    "two, both verified": (("a@x.example", True), ("b@x.example", True), ("a@x.example", True)),
    "two, neither verified": (("a@x.example", False), ("b@x.example", False), ("a@x.example", False)),
    "the exchange's is verified": (("a@x.example", True), ("b@x.example", False), ("a@x.example", True)),
    "the profile's is verified": (("a@x.example", False), ("b@x.example", True), ("b@x.example", True)),
    "one, verified by the profile": (("a@x.example", False), ("a@x.example", True), ("a@x.example", True)),
    "a flag without an address": ((None, True), ("b@x.example", False), ("b@x.example", False)),
    "another's flag without an address": (("a@x.example", False), (None, True), ("a@x.example", False)),
    "an address that is none": (("a@x.example", False), ("no address", True), ("a@x.example", False)),
    "neither": ((None, True), (None, True), (None, False)),
}


@pytest.mark.parametrize(("known", "described", "expected"), JOINED.values(), ids=list(JOINED))
def test_an_address_keeps_its_own_flag(
    make_story: Callable[..., Story], known: Any, described: Any, expected: tuple[str | None, bool]
) -> None:
    """Of exchange and profile; never the address of the one with the flag of the other."""
    first, second = (
        Profile(subject="", email=email, email_verified=verified) for email, verified in (known, described)
    )
    story = make_story(record=profiled(first, second))
    story.provider.then(ME, lambda _: story.provider.reply('{"id": "1001"}'))
    (identity,) = signed_in(story, "A" * 22).session.account.identities
    assert (identity.email, identity.email_verified) == expected
    assert kept(story) == [("1001", expected[0], int(expected[1]))]


def test_an_address_of_somebody_elses_profile_is_not_read(make_story: Callable[..., Story]) -> None:
    victims = Profile(subject="", email=ADDRESS, email_verified=True)
    story = make_story(record=profiled(Profile(subject=""), victims))
    story.provider.then(ME, lambda _: story.provider.reply('{"id": "1002"}'))
    failed = story.finish(story.begin("A" * 22))
    assert failed.error.code == "provider_reply_invalid"
    assert kept(story) == []
    story.provider.then(ME, lambda _: story.provider.reply('{"id": "1001"}'))  # the control
    (identity,) = signed_in(story, "B" * 22).session.account.identities
    assert (identity.email, identity.email_verified) == (ADDRESS, True)


def test_one_address_is_two_accounts_and_the_app_is_asked_for_each(make_story: Callable[..., Story]) -> None:
    """``resolve_account`` gets the address and its flag, as they are at this sign-in."""
    asked: list[tuple[Identity, str]] = []
    said = {"profile": Profile(subject="", email=ADDRESS, email_verified=True)}
    story = make_story(
        resolve=lambda identity, account_id: asked.append((identity, account_id)),
        record=lambda x: replace(
            x, identify=lambda fields: replace(said["profile"], subject=fields["user_id"]), verifies_email=True
        ),
    )
    ids = [signed_in(story, user * 22, user).session.account.id for user in ("1", "2", "1")]
    assert (len(set(ids)), ids[0]) == (2, ids[2])
    assert [(one.subject, one.email, one.email_verified, its) for one, its in asked] == [
        ("1", ADDRESS, True, ids[0]),
        ("2", ADDRESS, True, ids[1]),
        ("1", ADDRESS, True, ids[0]),
    ]
    for email, verified, expected in (
        ("new@example.com", False, ("new@example.com", False)),
        (None, False, ("new@example.com", False)),
        ("new@example.com", True, ("new@example.com", True)),
        (None, False, ("new@example.com", False)),
    ):
        said["profile"] = Profile(subject="", email=email, email_verified=verified)
        signed_in(story, "3" * 22, "1")
        assert (asked[-1][0].email, asked[-1][0].email_verified) == expected


# A link that waits for its page


def waiting(**fields: Any) -> PendingLink:
    values: dict[str, Any] = {
        "id": "i" * 22, "provider": "twitter", "request_id": "t", "owner": "o", "challenge": "c", "subject": "1",
        "handle": None, "name": None, "picture": None, "began_at": 1.5,
    }  # fmt: skip
    return PendingLink(**{**values, **fields})


def test_a_pending_link_keeps_it(make_story: Callable[..., Story]) -> None:
    address = Profile(subject="", email=ADDRESS, email_verified=True)
    story = make_story(
        record=lambda x: replace(
            x, identify=lambda fields: replace(address, subject=fields["user_id"]), verifies_email=True
        )
    )
    session = signed_in(story, "A" * 22, "1").session
    started = story.begin("L" * 22, link=LinkToCollector(), challenge=challenge_of("verifier"))
    story.provider.people[started.attempt.request_id] = "2"
    ended = story.finish(started, holding(started))
    assert isinstance(ended, LinkWaits)
    opened = story.codec.open("L" * 22, ended.sealed)
    assert isinstance(opened, PendingLink)
    assert emails_of(opened.profile) == (ADDRESS, True)
    story.run(story.linking.attach("L" * 22, ended.sealed, challenge_of("verifier"), session))
    assert kept(story) == [("1", ADDRESS, 1), ("2", ADDRESS, 1)]


def test_a_pending_link_of_before_has_none(story: Story) -> None:
    sealed = story.codec._sealer.seal(
        {
            "kind": "verified", "id": "i", "provider": "twitter", "token": "t", "owner": "o", "challenge": "c",
            "subject": "1", "handle": None, "name": None, "picture": None, "began_at": 1.5,
        },
        "i",
    )  # fmt: skip
    opened = story.codec.open("i", sealed)
    assert isinstance(opened, PendingLink)
    assert emails_of(opened.profile) == (None, False)


def test_an_address_that_does_not_fit_goes_with_its_flag(story: Story) -> None:
    """After picture and name, and before the way back; what fits keeps it."""
    address = f"{'a' * 64}@{'b' * 189}"
    fits = waiting(email=address, email_verified=True)
    assert story.codec.open(fits.id, story.codec.seal(fits)) == fits
    long = waiting(
        name="名" * 200, picture="https://" + "p" * 400, email=address, email_verified=True, subject="9" * 255,
        handle="名" * 150, return_to="/" + "r" * 700,
    )  # fmt: skip
    sealed = story.codec.seal(long)
    assert len(sealed) <= MAX_SEALED_CHARACTERS
    opened = story.codec.open(long.id, sealed)
    assert opened == replace(long, name=None, picture=None, email=None, email_verified=False)
    assert isinstance(opened, PendingLink)
    assert emails_of(replace(opened, email_verified=True).profile) == (None, False)


# X


def test_x_is_asked_only_if_the_app_asks() -> None:
    keys: dict[str, Any] = {"key": "k", "secret": Secret("s")}
    assert twitter(**keys).profile_url is None
    for read_profile in (False, True):
        url = twitter(**keys, read_profile=read_profile, include_email=True).profile_url or ""
        assert url.endswith("/1.1/account/verify_credentials.json?skip_status=true&include_email=true")
    assert "include_email" not in (twitter(**keys, read_profile=True).profile_url or "")


XS: dict[str, tuple[dict[str, Any], tuple[str | None, bool]]] = {
    "confirmed": ({"email": ADDRESS}, (ADDRESS, True)),
    "none, or not confirmed": ({"email": None}, (None, False)),
    "an app that may not": ({}, (None, False)),
    "empty": ({"email": ""}, (None, False)),
    "no text": ({"email": [ADDRESS]}, (None, False)),
    "true": ({"email": True}, (None, False)),
    "two": ({"email": f"{ADDRESS},eve@evil.example"}, (None, False)),
    "a flag that X has for its badge": ({"email": None, "verified": True}, (None, False)),
}


@pytest.mark.parametrize(("reply", "expected"), XS.values(), ids=list(XS))
def test_what_x_sends(
    make_story: Callable[..., Story], reply: dict[str, Any], expected: tuple[str | None, bool]
) -> None:
    story = make_story(include_email=True)
    body = json.dumps({"id_str": "1001", "screen_name": "ada", "name": "Ada", **reply})
    story.provider.then(VERIFY, lambda _: story.provider.reply(body))
    (identity,) = signed_in(story, "A" * 22).session.account.identities
    assert (identity.name, identity.email, identity.email_verified) == ("Ada", *expected)


def test_a_login_at_x_succeeds_without_it(make_story: Callable[..., Story]) -> None:
    """The address that was known stays, and is not verified at this sign-in."""
    story = make_story(include_email=True)
    body = json.dumps({"id_str": "1001", "email": ADDRESS})
    story.provider.then(VERIFY, lambda _: story.provider.reply(body), lambda _: story.provider.reply("", 429))
    for login_id, expected in (("A" * 22, (ADDRESS, True)), ("B" * 22, (ADDRESS, False))):
        (identity,) = signed_in(story, login_id).session.account.identities
        assert (identity.email, identity.email_verified) == expected
