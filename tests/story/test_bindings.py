"""The five bindings, each with the attack it stops, and each taken out: without its check the attack succeeds.

A lenient provider grants whatever it is asked, so that nothing but the check stands in the way.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import valetkey
from story.conftest import Story, holding
from valetkey import errors
from valetkey.crypto import Secret
from valetkey.login import cookie_codec, finishing, service
from valetkey.login.attempt import LoginAttempt
from valetkey.login.results import Client, SignedIn, Started
from valetkey.login.service import LoginService
from valetkey.protocols.oauth1 import protocol as oauth1
from valetkey.providers.record.provider import Provider

Attack = Callable[[Story], bool]


def gains(attempt: Callable[[], Any]) -> bool:
    """Whether somebody was signed in, or sent on, who should not have been."""
    try:
        return isinstance(attempt(), SignedIn | Started)
    except errors.ValetkeyError:
        return False


def unconfirmed(story: Story) -> bool:
    """The provider never confirmed our callback, so it may use an attacker's."""
    story.provider.then("request_token", lambda _: story.provider.reply("oauth_token=a&oauth_token_secret=b"))
    return gains(story.begin)


def swapped_token(story: Story) -> bool:
    """A victim's cookie, an attacker's token and verifier."""
    victims, attackers = story.begin("A" * 22), story.begin("B" * 22)
    before = len(story.provider.calls("access_token"))
    gained = gains(lambda: story.finish(attackers, holding(victims)))
    return gained or len(story.provider.calls("access_token")) > before


def foreign_browser(story: Story) -> bool:
    """An attacker's finished callback in a browser that began nothing."""
    return gains(lambda: story.finish(story.begin(), Client()))


def mixed_up(story: Story) -> bool:
    """A login that began with another provider comes back to this one's callback."""
    started = story.begin()
    other = replace(started.attempt, provider="other")
    browser = Client(logins={other.id: story.codec.seal(other)})
    return gains(lambda: story.finish(started, browser))


def used_twice(story: Story) -> bool:
    """A second session, or a second exchange, out of one callback, after its owner has signed out."""
    started = story.begin()
    first = story.finish(started)
    story.run(story.login.sign_out(first.session_token, Client()))
    return gains(lambda: story.finish(started)) or len(story.provider.calls("access_token")) > 1


def without_confirmation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(oauth1, "require_confirmed", lambda fields, *, optional: None)


def without_the_token(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cookie_codec, "constant_time_equals", lambda one, other: True)
    patch.setattr(oauth1, "require_issued", lambda credentials, query: None)


def without_the_browser(patch: pytest.MonkeyPatch) -> None:
    """Like a library that keeps logins by token, for any browser that brings one."""

    def anybodys(self: LoginService, request_id: str, client: Client) -> LoginAttempt:
        return LoginAttempt(
            id="A" * 22,
            provider="twitter",
            callback_url="",
            request_id=request_id,
            memo={"token_secret": Secret("any")},
            began_at=time.time(),
        )

    patch.setattr(LoginService, "find_login", anybodys)


def without_the_provider(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(service, "require_same_provider", lambda login, name: None)


def without_the_claim(patch: pytest.MonkeyPatch) -> None:
    """Every delivery may finish: each claims something of its own."""
    patch.setattr(finishing, "claim_key", lambda provider, token: secrets.token_hex(8))


BINDINGS = [
    (unconfirmed, without_confirmation),
    (swapped_token, without_the_token),
    (foreign_browser, without_the_browser),
    (mixed_up, without_the_provider),
    (used_twice, without_the_claim),
]


@pytest.mark.parametrize(("attack", "removal"), BINDINGS, ids=lambda each: each.__name__)
def test_holds_and_without_its_check_does_not(
    story: Story, monkeypatch: pytest.MonkeyPatch, attack: Attack, removal: Callable[[pytest.MonkeyPatch], None]
) -> None:
    assert isinstance(story.finish(story.begin("Z" * 22)), SignedIn)  # the control
    story.provider.journal.clear()
    assert not attack(story)
    story.provider.journal.clear()
    story.provider.script.clear()
    with monkeypatch.context() as patch:
        removal(patch)
        assert attack(story), "the attack fails without the check too: this test proves nothing"


def test_the_provider_is_a_plain_value() -> None:
    """A sixth provider is data: nothing in the core names one."""
    root = Path(valetkey.__file__).parent
    core = [
        "login/service.py",
        "login/finishing.py",
        "login/states.py",
        "login/provider_client.py",
        "login/exchange.py",
        "sessions/service.py",
        "login/cookie_codec.py",
        "storage/base.py",
        "providers/record/provider.py",
        "protocols/oauth1/protocol.py",
    ]
    assert [name for name in core if '"twitter"' in (root / name).read_text()] == []
    assert Provider.__dataclass_params__.frozen  # type: ignore[attr-defined]
