"""The codes of listed pages without a network, under both runners: what binds each to its login, and each binding taken
out, so that its attack succeeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from story.conftest import Story, holding
from valetkey import SignInRefused
from valetkey.errors import AnotherBrowser, CodeRefused, CookiesBlocked, ValetkeyError, WrongProvider
from valetkey.login import one_time_codes, page_codes
from valetkey.login.attempt import LoginAttempt, listed_page_of
from valetkey.login.results import Client, CodeIssued, Failed, SignedIn

PAGE = "https://app.example"


def begun(story: Story, login_id: str = "A" * 22, **more: Any) -> Any:
    return story.begin(login_id, mode="listed", return_to=PAGE, page_state="s", **more)


def issued(story: Story, started: Any) -> CodeIssued:
    result = story.finish(started)
    assert isinstance(result, CodeIssued)
    return result


def redeemed(
    story: Story, code: str, client: Client, *, provider: str = "twitter", page: str = PAGE
) -> SignedIn | ValetkeyError:
    try:
        result = story.run(story.assembly.page_codes.redeem(provider, code, page, client))
    except ValetkeyError as error:
        return error
    assert isinstance(result, SignedIn)
    return result


def test_it_opens_one_session(story: Story) -> None:
    """At its page, whose state comes with it; the callback by itself opens none."""
    started = begun(story)
    code = issued(story, started)
    assert code.page == listed_page_of(started.attempt)
    assert (code.page and code.page.address, code.page and code.page.state) == (PAGE, "s")
    assert issued(story, started) == code
    assert story.run(story.collector.read_status(started.attempt.id, holding(started)))[0] == "finishing"
    signed_in = redeemed(story, code.one_time_code, holding(started))
    assert isinstance(signed_in, SignedIn)
    assert story.recognise(signed_in.session_token).id == signed_in.session.id
    assert isinstance(redeemed(story, code.one_time_code, holding(started)), CodeRefused)
    assert len(story.provider.calls("access_token")) == 1


def test_an_app_that_refuses(make_story: Callable[..., Story]) -> None:
    """Its page learns the app's own code."""

    def resolve(identity: object, account_id: str) -> None:
        raise SignInRefused("sign_up_closed", "Not now.")

    result = make_story(resolve=resolve)
    started = begun(result)
    refused = result.finish(started)
    assert isinstance(refused, Failed)
    assert refused.error.code == "sign_up_closed"
    page = listed_page_of(refused.failure)
    assert (page and page.address, page and page.state) == (PAGE, "s")


# Each attack has an honest code, and what an attacker can do with it. Without the check it signs somebody in.


def in_another_browser(story: Story) -> SignedIn | ValetkeyError:
    """An attacker's code in a victim's page, which has a login of its own under way."""
    attackers, victims = begun(story, "A" * 22), begun(story, "B" * 22)
    issued(story, victims)
    return redeemed(story, issued(story, attackers).one_time_code, holding(victims))


def at_another_provider(story: Story) -> SignedIn | ValetkeyError:
    started = begun(story)
    return redeemed(story, issued(story, started).one_time_code, holding(started), provider="another")


def at_another_page(story: Story) -> SignedIn | ValetkeyError:
    started = begun(story)
    return redeemed(story, issued(story, started).one_time_code, holding(started), page=f"{PAGE}/")


def without_the_cookie(story: Story) -> SignedIn | ValetkeyError:
    """The code and the login's id, at the route that takes a verifier."""
    started = begun(story)
    code = issued(story, started).one_time_code
    try:
        work = story.one_time_codes.redeem(started.attempt.id, code, code, Client(has_cookies=False))
        found = story.run(work).signed_in
    except ValetkeyError as error:
        return error
    assert isinstance(found, SignedIn)
    return found


def equal(left: str | None, right: str | None) -> bool:
    return True


def code_alone(self: one_time_codes.OneTimeCodes, attempt: LoginAttempt, *purpose: str) -> str:
    return str(_digest(self, attempt))


_digest = one_time_codes.OneTimeCodes._digest
ATTACKS: dict[str, tuple[Callable[[Story], Any], type[ValetkeyError], object, str, object]] = {
    "another browser": (in_another_browser, AnotherBrowser, page_codes, "constant_time_equals", equal),
    "another provider": (at_another_provider, WrongProvider, page_codes, "constant_time_equals", equal),
    "another page": (at_another_page, CodeRefused, page_codes, "constant_time_equals", equal),
    "no cookie": (without_the_cookie, CodeRefused, one_time_codes.OneTimeCodes, "_digest", code_alone),
}


@pytest.mark.parametrize(("attack", "refused", "holder", "check", "out"), ATTACKS.values(), ids=list(ATTACKS))
def test_a_binding_and_its_attack(
    story: Story, attack: Any, refused: Any, holder: Any, check: str, out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(attack(story), refused)
    monkeypatch.setattr(holder, check, out)
    assert isinstance(attack(story), SignedIn)


def test_without_any_cookie(story: Story) -> None:
    code = issued(story, begun(story)).one_time_code
    assert isinstance(redeemed(story, code, Client(has_cookies=False)), CookiesBlocked)


def test_two_logins_of_one_id_have_two_codes(story: Story) -> None:
    """A page may draw an id twice, and a login that starts again keeps its own."""
    one, two = (story.one_time_codes.code_for(begun(story).attempt).one_time_code for _ in range(2))
    assert one != two
