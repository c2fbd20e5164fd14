"""An identity is never empty: whatever a provider's record returns or raises, nobody gets an account without a usable
subject, and two people never get the same one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from story.conftest import LOST, UNSENT, Story, holding
from valetkey import errors
from valetkey.crypto import Secret
from valetkey.errors import ProviderReplyInvalid, SettingsError
from valetkey.login import identification as identifying
from valetkey.login.attempt import claim_key
from valetkey.login.identification import MAX_SUBJECT_CHARACTERS, require_identity
from valetkey.login.results import Failed, SignedIn
from valetkey.models import Profile
from valetkey.providers.record.provider import Provider
from valetkey.providers.twitter import identify as identify_x
from valetkey.providers.twitter import twitter

ME = "users.json"
PROFILE_URL = f"https://api.x.com/{ME}"

BAD_SUBJECTS: dict[str, Any] = {
    "empty": "",
    "none": None,
    "a number": 7,
    "a float": 7.0,
    "true": True,
    "bytes": b"7",
    "a list": ["7"],
    "a space": " ",
    "spaces": " \u00a0\u2003",
    "zero width": "\u200b\ufeff",
    "tab": "\t",
    "line end": "7\n",
    "nul": "7\0",
    "delete": "7\x7f",
    "next line": "7\x85",
    "line separator": "7\u2028",
    "high surrogate": "7\ud800",
    "low surrogate": "\udfff7",
    "too long": "7" * (MAX_SUBJECT_CHARACTERS + 1),
}


class Canary(Exception):
    """Its text quotes the reply, as that of a ValueError does."""


def raising(fault: BaseException) -> Callable[[Any], Profile]:
    def read(reply: Any) -> Profile:
        raise fault

    return read


def returning(value: Any) -> Callable[[Any], Profile]:
    return lambda reply: value


BAD_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{f"subject: {name}": returning(Profile(subject=subject)) for name, subject in BAD_SUBJECTS.items()},
    "no profile": returning(None),
    "a subject alone": returning("1001"),
    "a mapping": returning({"subject": "1001"}),
    "KeyError": lambda reply: Profile(subject=reply["no such member"]),
    "TypeError": lambda reply: Profile(subject=reply["screen_name"] + 1),
    "ValueError": lambda reply: Profile(subject=str(int("canary-of-the-reply"))),
    "RecursionError": raising(RecursionError()),
    "an error of its own": raising(Canary("canary-of-the-reply")),
    "nonsense": raising(ProviderReplyInvalid("The reply lacks an id.")),
    "a person's error": raising(errors.SignInRefused("banned", "You are banned.")),
}


def by_exchange(read: Callable[[Any], Any]) -> Callable[[Provider], Provider]:
    return lambda x: replace(x, identify=read)


def by_profile(read: Callable[[Any], Any]) -> Callable[[Provider], Provider]:
    return lambda x: replace(x, identify=None, identity_from="profile", profile_url=PROFILE_URL, describe=read)


def describe(reply: Mapping[str, object]) -> Profile:
    """As a provider's record would: what is not text is left for the core to refuse."""
    return Profile(subject=str(reply["id"]), name=str(reply.get("name", "")))


def says(story: Story, person: str, **more: object) -> Callable[[Any], Any]:
    return lambda _: story.provider.reply(json.dumps({"id": person, "name": f"Name of {person}", **more}))


def rows(story: Story, table: str) -> int:
    connection = sqlite3.connect(story.database)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize("where", [by_exchange, by_profile])
@pytest.mark.parametrize("read", BAD_FUNCTIONS.values(), ids=list(BAD_FUNCTIONS))
def test_two_users_without_a_usable_subject_are_refused(
    make_story: Callable[..., Story],
    caplog: pytest.LogCaptureFixture,
    where: Callable[..., Any],
    read: Callable[[Any], Any],
) -> None:
    """Two people, one exchange each, no row; beside them a record that works, with two accounts for two people."""
    story = make_story(record=where(read))
    for number, login_id in enumerate(("A" * 22, "B" * 22), 1):
        started = story.begin(login_id)
        story.provider.people[started.attempt.request_id] = f"100{number}"
        story.provider.then(ME, says(story, f"100{number}"))
        failed = story.finish(started)
        assert isinstance(failed, Failed)
        assert failed.error.code == "provider_reply_invalid"
        claim = story.run(story.store.find_claim(claim_key("twitter", started.attempt.request_id)))
        assert (claim.state, claim.error_code) == ("failed", "provider_reply_invalid")
        assert len(story.provider.calls("access_token")) == number
    assert [rows(story, table) for table in ("accounts", "identities", "sessions")] == [0, 0, 0]
    assert "canary" not in caplog.text
    assert len(story.provider.calls(ME)) == (2 if where is by_profile else 0)

    good = make_story(story.provider, record=where(describe if where is by_profile else identify_x))
    accounts = set()
    for person, login_id in (("1001", "C" * 22), ("1002", "D" * 22)):
        started = good.begin(login_id)
        good.provider.people[started.attempt.request_id] = person
        good.provider.then(ME, says(good, person))
        signed_in = good.finish(started)
        assert isinstance(signed_in, SignedIn)
        accounts.add(signed_in.session.account.id)
    assert len(accounts) == 2
    assert rows(good, "identities") == 2


@pytest.mark.parametrize("subject", ["7", "a b", "21207597@N07", "é", "𝕏", "\u200d7", "x" * MAX_SUBJECT_CHARACTERS])
def test_a_usable_subject_is_kept_to_the_byte(subject: str) -> None:
    assert require_identity(Profile(subject=subject)).subject == subject


@pytest.mark.parametrize("member", ["preferred_username", "name", "picture"])
@pytest.mark.parametrize("value", [7, b"x", "\ud800", "\0", "javascript:alert(1)\n", ["x"], "https://x\u0000/"])
def test_a_member_that_only_describes_is_cleaned(member: str, value: Any) -> None:
    """And never fails a login, nor breaks a row: what is written can be encoded."""
    collected = require_identity(Profile(**{"subject": "7", member: value}))
    kept = getattr(collected, member)
    assert kept is None or (kept.encode() and kept.isprintable() and member != "picture")


# What a record may say


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"identify": None}, "identify is missing"),
        ({"identify": None, "profile_url": PROFILE_URL}, "identify is missing"),
        ({"identify": None, "identity_from": "profile"}, "needs profile_url and describe"),
        ({"identify": None, "identity_from": "profile", "describe": None, "profile_url": PROFILE_URL}, "needs"),
        ({"identity_from": "profile", "profile_url": PROFILE_URL}, "identify is never called"),
        ({"identity_from": "token"}, "must be 'exchange' or 'profile'"),
        ({"profile_url": PROFILE_URL, "describe": None}, "never read"),
    ],
)
def test_a_record_that_cannot_work_is_refused_when_it_is_built(changes: dict[str, Any], sentence: str) -> None:
    good = twitter(key="k", secret=Secret("s"))
    with pytest.raises(SettingsError, match=sentence):
        replace(good, **changes)


def test_an_async_function_is_refused_when_the_record_is_built() -> None:
    async def later(reply: Any) -> Profile:
        return Profile(subject="7")

    good = twitter(key="k", secret=Secret("s"))
    for name in ("identify", "describe"):
        with pytest.raises(SettingsError, match="plain functions"):
            replace(good, **{name: later})  # type: ignore[arg-type]


# An identity that comes from a profile request

FAILURES: dict[str, tuple[int, str, str]] = {
    "400": (400, "", "provider_refused"),
    "401, code 89": (401, '{"errors":[{"code":89}]}', "provider_refused"),
    "401, code 32": (401, '{"errors":[{"code":32}]}', "wrong_keys"),
    "401, code 135": (401, '{"errors":[{"code":135}]}', "clock_off"),
    "402": (402, '{"title":"CreditsDepleted"}', "app_not_allowed"),
    "403, code 453": (403, '{"errors":[{"code":453}]}', "app_not_allowed"),
    "403, code 64": (403, '{"errors":[{"code":64}]}', "suspended_at_provider"),
    "403, HTML": (403, "<html>Attention required</html>", "provider_reply_invalid"),
    "404": (404, "{}", "provider_refused"),
    "429": (429, "", "rate_limited"),
    "302": (302, "", "provider_reply_invalid"),
    "204": (204, "", "provider_reply_invalid"),
    "nothing": (200, "", "provider_reply_invalid"),
    "HTML": (200, "<html>Log in to the Wi-Fi</html>", "provider_reply_invalid"),
    "a list": (200, "[]", "provider_reply_invalid"),
    "null": (200, "null", "provider_reply_invalid"),
    "cut off": (200, '{"id": "10', "provider_reply_invalid"),
    "deep": (200, '{"id":' * 9000, "provider_reply_invalid"),
    "an id twice": (200, '{"id": "1001", "id": "1002"}', "provider_reply_invalid"),
    "errors": (200, '{"errors":[{"code":50}]}', "provider_reply_invalid"),
}


@pytest.mark.parametrize(("status", "body", "code"), FAILURES.values(), ids=list(FAILURES))
def test_its_failure_fails_the_login(make_story: Callable[..., Story], status: int, body: str, code: str) -> None:
    """With the provider's own error; a definite answer is not asked for again, and the exchange never."""
    story = make_story(record=by_profile(describe))
    story.provider.then(ME, lambda _: story.provider.reply(body, status))
    failed = story.finish(started := story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == code
    assert len(story.provider.calls("access_token")) == len(story.provider.calls(ME)) == 1
    assert rows(story, "accounts") == rows(story, "identities") == rows(story, "sessions") == 0
    again = story.finish(started)  # the claim says the same to the next delivery
    assert isinstance(again, Failed)
    assert again.error.code == code
    assert len(story.provider.calls("access_token")) == 1
    story.provider.then(ME, says(story, "1001"))
    assert isinstance(story.finish(story.begin("B" * 22)), SignedIn)


OUTAGES = {"lost": LOST, "unsent": UNSENT, "503": 503, "500": 500}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_an_outage_is_asked_about_once_more(
    make_story: Callable[..., Story], caplog: pytest.LogCaptureFixture, outage: Any
) -> None:
    story = make_story(record=by_profile(describe))
    step = outage if isinstance(outage, Exception) else lambda _: story.provider.reply("canary", outage)
    story.provider.then(ME, step, says(story, "1001"))
    signed_in = story.finish(story.begin())
    assert isinstance(signed_in, SignedIn)
    assert signed_in.session.account.identities[0].subject == "1001"
    assert (len(story.provider.calls("access_token")), len(story.provider.calls(ME))) == (1, 2)
    assert len({call["oauth_nonce"] for call in story.provider.calls(ME)}) == 2

    story.provider.then(ME, step, step)
    failed = story.finish(story.begin("B" * 22))
    assert isinstance(failed, Failed)
    assert failed.error.code == "provider_unavailable"
    assert (len(story.provider.calls("access_token")), len(story.provider.calls(ME))) == (2, 4)
    assert rows(story, "accounts") == 1
    assert "the profile request is sent once more" in caplog.text
    assert "canary" not in caplog.text


def test_an_exchange_that_was_lost_and_a_profile(make_story: Callable[..., Story]) -> None:
    """Each has one repeat of its own."""
    story = make_story(record=by_profile(describe))
    story.provider.then("access_token", LOST)
    story.provider.then(ME, LOST, says(story, "1001"))
    assert isinstance(story.finish(story.begin()), SignedIn)
    assert (len(story.provider.calls("access_token")), len(story.provider.calls(ME))) == (2, 2)


# A profile that only adds a name

READS_NOTHING: dict[str, Callable[[Any], Any]] = {
    **{name: read for name, read in BAD_FUNCTIONS.items() if not name.startswith("subject: ")},
    "no subject": returning(Profile(subject="", name="Somebody")),
    "no text": returning(Profile(subject=None, name="Somebody")),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("read", READS_NOTHING.values(), ids=list(READS_NOTHING))
def test_its_failure_never_fails_a_login(
    make_story: Callable[..., Story], caplog: pytest.LogCaptureFixture, read: Callable[[Any], Any]
) -> None:
    """A log line, and nothing of the profile; beside it one that is used."""
    story = make_story(record=lambda x: replace(x, profile_url=PROFILE_URL, describe=read))
    story.provider.then(ME, says(story, "1001"))
    signed_in = story.finish(story.begin())
    assert isinstance(signed_in, SignedIn)
    (identity,) = signed_in.session.account.identities
    assert (identity.subject, identity.name) == ("1001", None)
    assert "signed in without the profile" in caplog.text
    assert "canary" not in caplog.text
    assert len(story.provider.calls(ME)) == 1

    good = make_story(record=lambda x: replace(x, profile_url=PROFILE_URL, describe=describe))
    good.provider.then(ME, says(good, "1001"))
    assert good.finish(good.begin("B" * 22)).session.account.identities[0].name == "Name of 1001"


@pytest.mark.parametrize(("status", "body", "code"), FAILURES.values(), ids=list(FAILURES))
def test_no_reply_to_it_fails_a_login(make_story: Callable[..., Story], status: int, body: str, code: str) -> None:
    story = make_story(record=lambda x: replace(x, profile_url=PROFILE_URL, describe=describe))
    story.provider.then(ME, lambda _: story.provider.reply(body, status))
    assert isinstance(story.finish(story.begin()), SignedIn)
    assert len(story.provider.calls("access_token")) == len(story.provider.calls(ME)) == 1


def test_an_address_that_cannot_be_asked(make_story: Callable[..., Story]) -> None:
    """It raises what is no provider's error: ignored where it only adds a name, and else the login's end."""
    story = make_story(record=lambda x: replace(x, profile_url=PROFILE_URL, describe=describe))
    for fault in (SettingsError("A provider is reached by https."), ValueError("not ASCII")):
        story.provider.then(ME, fault)
        assert isinstance(story.finish(story.begin()), SignedIn)
        needed = make_story(story.provider, record=by_profile(describe))
        story.provider.then(ME, fault)
        failed = needed.finish(needed.begin("B" * 22))
        assert isinstance(failed, Failed)
        assert failed.error.code == "provider_reply_invalid"


@pytest.mark.parametrize("other", ["1002", "01001", "1001 ", "\ud800"])
def test_a_profile_of_somebody_else_refuses(make_story: Callable[..., Story], other: str) -> None:
    story = make_story(record=lambda x: replace(x, profile_url=PROFILE_URL, describe=describe))
    story.provider.then(ME, says(story, other))
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "provider_reply_invalid"
    assert rows(story, "accounts") == 0
    story.provider.then(ME, says(story, "1001"))
    assert isinstance(story.finish(story.begin("B" * 22)), SignedIn)


def test_the_check_has_one_place(make_story: Callable[..., Story], monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken out there, two people share an account, wherever the identity comes from: it is that check that holds."""
    for where in (by_exchange, by_profile):
        with monkeypatch.context() as patch:
            patch.setattr(identifying, "require_identity", lambda collected: collected)
            story = make_story(record=where(returning(Profile(subject=""))))
            signed_in = []
            for number in (1, 2):
                started = story.begin(str(number) * 22)
                story.provider.people[started.attempt.request_id] = f"100{number}"
                story.provider.then(ME, says(story, f"100{number}"))
                signed_in.append(story.finish(started, holding(started)))
            assert signed_in[0].session.account.id == signed_in[1].session.account.id
