"""The five bindings, each with the attack it stops, and each taken out: without its check the attack succeeds.

A lenient provider grants whatever it is asked, so that nothing but the check stands in the way.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import valetkey
from story.conftest import CALLBACK, SECRETS, Story, holding
from valetkey import Settings, errors, login
from valetkey.assembly import Assembly
from valetkey.login import Login
from valetkey.model import PendingLogin, Secret
from valetkey.outcomes import Browser, SignedIn
from valetkey.protocol import oauth1
from valetkey.provider import Provider
from valetkey.web.endpoints import Endpoints
from valetkey.web.messages import Incoming

Attack = Callable[[Story], bool]


def gains(attempt: Callable[[], Any]) -> bool:
    """Whether somebody was signed in, or sent on, who should not have been."""
    try:
        return isinstance(attempt(), SignedIn | login.Started)
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
    return gains(lambda: story.finish(story.begin(), Browser()))


def mixed_up(story: Story) -> bool:
    """A login that began with another provider comes back to this one's callback."""
    started = story.begin()
    other = replace(started.pending, provider="other")
    browser = Browser(logins={other.id: story.jar.seal(other)})
    return gains(lambda: story.finish(started, browser))


def used_twice(story: Story) -> bool:
    """A second session, or a second exchange, out of one callback, after its owner has signed out."""
    started = story.begin()
    first = story.finish(started)
    story.run(story.login.sign_out(first.pass_text, Browser()))
    return gains(lambda: story.finish(started)) or len(story.provider.calls("access_token")) > 1


def without_confirmation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(oauth1, "require_confirmed", lambda fields: None)


def without_the_token(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(login, "same", lambda one, other: True)
    patch.setattr(oauth1, "require_issued", lambda memo, query: None)


def without_the_browser(patch: pytest.MonkeyPatch) -> None:
    """As a library does it that keeps logins by token for whoever comes."""

    def anybodys(self: Login, token: str, browser: Browser) -> PendingLogin:
        return PendingLogin(
            id="A" * 22,
            provider="twitter",
            callback_url="",
            token=token,
            token_secret=Secret("any"),
            began_at=self._clock(),
        )

    patch.setattr(Login, "held_for", anybodys)


def without_the_provider(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(login, "require_same_provider", lambda held, name: None)


def without_the_claim(patch: pytest.MonkeyPatch) -> None:
    """Every delivery may finish: each claims something of its own."""
    patch.setattr(login, "claim_key", lambda provider, token: secrets.token_hex(8))


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


def test_a_verifier_visits_six_files(make_story: Callable[..., Story]) -> None:
    """Between the framework's file and the wire, in reading order, and no other; and the grammar, which judges the
    characters of the query."""
    story = make_story()
    endpoints = Endpoints(assembly_of(story))
    started = story.begin()
    verifier = "a-verifier-that-is-followed"
    incoming = Incoming(
        method="GET",
        path="twitter",
        query=f"oauth_token={started.pending.token}&oauth_verifier={verifier}",
        headers=[("cookie", f"valetkey-login-{started.pending.id}={started.sealed}"), ("accept", "text/html")],
    )
    root = Path(valetkey.__file__).parent
    visited: list[str] = []

    def follow(frame: Any, event: str, arg: Any) -> Any:
        file = frame.f_code.co_filename
        plain = [value for value in frame.f_locals.values() if isinstance(value, str | dict | list | tuple)]
        if file.startswith(str(root)) and verifier in repr(plain):
            name = str(Path(file).relative_to(root))
            if name not in visited:
                visited.append(name)
        return follow

    sys.settrace(follow)
    try:
        reply = story.run(endpoints.answer(incoming))
    finally:
        sys.settrace(None)
    assert reply.status == 303
    assert len(story.provider.calls("access_token")) == 1
    assert visited == [
        "grammar.py",
        "web/fields.py",
        "web/endpoints.py",
        "login.py",
        "protocol/oauth1.py",
        "protocol/signature.py",
        "protocol/encoding.py",
    ]


def assembly_of(story: Story) -> Assembly:
    settings = Settings(
        callbacks=(CALLBACK,), secrets=SECRETS, twitter_key="sandbox-key", twitter_secret=Secret("sandbox-secret")
    )
    return Assembly(
        settings=settings,
        login=story.login,
        outcomes=story.outcomes,
        handoffs=story.handoffs,
        linking=story.linking,
        sessions=story.sessions,
        store=story.store,
        transport=story.provider,
        runner=story.runner,
    )


def test_the_provider_is_a_plain_value() -> None:
    """A sixth provider is data: nothing in the core names one."""
    root = Path(valetkey.__file__).parent
    core = ["login.py", "exchange.py", "sessions.py", "jar.py", "store.py", "provider.py", "protocol/oauth1.py"]
    assert [name for name in core if '"twitter"' in (root / name).read_text()] == []
    assert Provider.__dataclass_params__.frozen  # type: ignore[attr-defined]
