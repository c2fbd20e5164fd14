"""How often an open sign-in asks the backend, and what it does with answers that are none. Time is the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from support.engines import Engine, chromium
from support.rigged import Rig
from support.waiting import wait_for

from browser.rigs import Tab, rig  # noqa: F401  # a fixture

WAITING = [json.dumps({"account": None, "login": {"id": "x", "state": "waiting"}}), {"status": 200}]
FINISHING = [json.dumps({"account": None, "login": {"id": "x", "state": "finishing"}}), {"status": 202}]
HTML = {"content-type": "text/html"}
TOO_MANY = ["Too many requests", {"status": 429, "headers": {"retry-after": "40"}}]


@pytest.fixture(scope="module")
def browser() -> Iterator[Engine]:
    with chromium() as engine:
        yield engine


@pytest.fixture
def tab(browser: Engine, rig: Rig) -> Iterator[Tab]:
    rig.reset()
    yield Tab(browser, rig, before="steered")
    rig.app.reset()
    browser.forget(rig.base)


def answer(tab: Tab, with_what: object) -> None:
    tab.run(f"window.answer = {json.dumps(with_what)} ?? undefined")


def let_pass(tab: Tab, seconds: float) -> None:
    tab.run("window.passed = 0")
    tab.run(f"pass({seconds})")
    wait_for(lambda: tab.value("passed") == seconds, 30)


def asked_in(tab: Tab, seconds: int) -> list[float]:
    """When it asked while the time passed, in seconds from then on."""
    begin = tab.value("Date.now()")
    let_pass(tab, seconds)
    return [(one - begin) / 1000 for one in tab.value("asks") if one > begin]


def nudge(tab: Tab) -> None:
    tab.run("dispatchEvent(new Event('focus'))")


def gaps_of(asked: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(asked)]


def are_soon_and_slow_down(gaps: list[float]) -> bool:
    """From the sign on: as often as the page looks at first, and as before after some seconds.

    Args:
        gaps: between two questions, in seconds.
    """
    first, slow = gaps[:2], gaps[5:]
    is_soon = first[0] <= 0.25 and first[1] <= 0.5
    return is_soon and gaps == sorted(gaps) and len(slow) > 2 and all(2 <= gap <= 2.5 for gap in slow)


def test_it_asks_less_and_less(tab: Tab) -> None:
    """Every two seconds at first, every fifteen at the end. What happens makes it ask at once, and often again."""
    answer(tab, WAITING)
    tab.consent()
    wait_for(lambda: tab.value("asks"))
    asked = asked_in(tab, 590)
    gaps = gaps_of(asked)
    assert all(2 <= gap <= 2.5 for gap in gaps[:8])
    assert gaps == sorted(gaps)
    assert 14 < gaps[-1] <= 15.5
    assert len(asked) < 75
    nudge(tab)
    assert are_soon_and_slow_down(gaps_of([0, *asked_in(tab, 18)]))


def test_a_popup_that_closes(tab: Tab, rig: Rig) -> None:
    """A question at once, though nothing else says that something happened, and more soon after; then fewer again. They
    are those that the backend gets."""
    popup = tab.consent()
    let_pass(tab, 60)
    tab.engine.close(popup)
    before = rig.app.asked.count("POST /auth/session")
    began = tab.value("Date.now()")
    wait_for(lambda: tab.value("asks.at(-1)") > began or let_pass(tab, 0.25))
    asked = [0, *asked_in(tab, 18)]
    assert tab.states == ["opened", "unsure"]
    assert are_soon_and_slow_down(gaps_of(asked))
    assert rig.app.asked.count("POST /auth/session") == before + len(asked)


def test_a_callback_that_has_arrived(tab: Tab) -> None:
    """The backend says so: the end is near. It is a sign once, so that an exchange that hangs is asked about less."""
    answer(tab, WAITING)
    tab.consent()
    let_pass(tab, 60)
    answer(tab, FINISHING)
    asked = asked_in(tab, 24)
    assert are_soon_and_slow_down(gaps_of(asked))
    assert tab.states == ["opened", "finishing"]


def test_not_soon_after_a_failure(tab: Tab) -> None:
    """A server in trouble gets no more questions because the focus came back."""
    answer(tab, ["Too many requests", {"status": 429}])
    tab.consent()
    let_pass(tab, 4)
    nudge(tab)
    wait_for(lambda: tab.value("asks.at(-1)") == tab.value("Date.now()"))
    assert all(gap >= 2 for gap in gaps_of([0, *asked_in(tab, 10)]))


def test_a_retry_after_is_kept(tab: Tab) -> None:
    """Also where something happened: a nudge has to wait."""
    answer(tab, WAITING)
    tab.consent()
    wait_for(lambda: tab.value("asks"))
    answer(tab, TOO_MANY)
    (first, *others) = asked_in(tab, 30)
    assert others == []
    nudge(tab)
    asked = asked_in(tab, 20)
    assert len(asked) == 1
    assert 39.5 < 30 + asked[0] - first < 41
    # As a date, and never for longer than a minute.
    date = tab.value("new Date(Date.now() + 3_600_000).toUTCString()")
    answer(tab, ["", {"status": 503, "headers": {"retry-after": date}}])
    asked = asked_in(tab, 180)
    assert all(59 < later - earlier < 61 for earlier, later in pairwise(asked))
    assert len(asked) in (2, 3)


def test_a_sign_during_a_retry_after(tab: Tab) -> None:
    """It makes the page ask when that time is over, and not when it would have asked anyway."""
    answer(tab, WAITING)
    tab.consent()
    let_pass(tab, 200)
    answer(tab, ["Too many requests", {"status": 429, "headers": {"retry-after": "4"}}])
    before = tab.value("asks.length")
    wait_for(lambda: tab.value("asks.length") > before or let_pass(tab, 0.25))
    nudge(tab)
    asked = asked_in(tab, 10)
    assert 3.5 < asked[0] <= 4.5


def test_what_passes(tab: Tab) -> None:
    """A minute of each of these, and of a captive portal not quite so long: it says that it tries again, the window
    stays, and the login lands."""
    popup = tab.consent()
    answer(tab, ["<h1>Unavailable</h1>", {"status": 503, "headers": HTML}])
    let_pass(tab, 4)
    assert tab.states == ["opened"]  # once or twice is nothing
    for seconds, what in (
        (62, ["Too many requests", {"status": 429}]),
        (62, ["<h1>Unavailable</h1>", {"status": 503, "headers": HTML}]),
        (62, ["<h1>Bad gateway</h1>", {"status": 502, "headers": HTML}]),
        (55, ["<h1>Welcome to our train</h1>", {"status": 200, "headers": HTML}]),
    ):
        answer(tab, what)
        let_pass(tab, seconds)
        assert tab.settled is None
        assert tab.states[-1] == "retrying"
        assert popup in tab.engine.windows()
    answer(tab, None)
    let_pass(tab, 16)
    assert tab.states == ["opened", "retrying", "opened"]
    assert tab.warnings() == []
    tab.approve(popup)
    wait_for(lambda: tab.settled or tab.run("pass(1)"))
    assert tab.settled == {"handle": "ada"}


def test_approved_during_a_minute_of_429(tab: Tab) -> None:
    """The user approves meanwhile, and is signed in when it is over."""
    popup = tab.consent()
    answer(tab, ["Too many requests", {"status": 429}])
    tab.approve(popup)
    let_pass(tab, 60)
    assert tab.settled is None
    answer(tab, None)
    wait_for(lambda: tab.settled or tab.run("pass(1)"))
    assert tab.settled == {"handle": "ada"}


def test_a_slow_start(tab: Tab, rig: Rig) -> None:
    """Answered after eight seconds of the page's time: nothing is gone, there is one window, and it lands."""
    rig.app.seconds["POST /auth/twitter"] = 1.5
    popup = tab.popup()
    wait_for(lambda: tab.states)
    let_pass(tab, 8)
    assert "unsure" not in tab.states
    assert tab.settled is None
    tab.at_consent(popup)
    let_pass(tab, 3)
    assert tab.states[-1] == "opened"
    tab.approve(popup)
    wait_for(lambda: tab.settled or tab.run("pass(1)"))
    assert tab.settled == {"handle": "ada"}
    assert rig.app.asked.count("POST /auth/twitter") == 1


def test_a_tab_that_stays(tab: Tab) -> None:
    """The user declines to leave the page: the sign-in by this tab is cancelled, and no window is said to be gone."""
    tab.run("addEventListener('beforeunload', (event) => event.preventDefault())")
    asked: list[str] = []
    tab.window.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    tab.go(mode="page")
    wait_for(lambda: tab.states == ["leaving"] and asked)
    let_pass(tab, 8)
    assert tab.error()["code"] == "cancelled"
    assert tab.states == ["leaving"]
    assert tab.value("location.href") == tab.address
