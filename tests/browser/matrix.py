"""The matrix: what the page says, what the provider says, what becomes of the windows. In every cell the login lands,
and no page says that it was cancelled.

Each engine has a file of its own. A run plays in Chromium, with a provider of OAuth 2.0, every scenario in each of the
three ways of staying in touch (``IN_TOUCH``), and what depends on them most for whatever the two say; with X a few of
these cells. In every engine it plays a popup and this tab with a provider of OpenID Connect and with one that posts a
form. ``--engines all`` plays every cell in every engine, with X as well. The table of what landed stands at the end of
the run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from support.engines import Engine, Gone, Stuck
from support.fronts import FRONTS
from support.lender import Lender, Started
from support.servers import App, Provider, app_and_provider
from support.waiting import wait_for
from urllib3.exceptions import HTTPError

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
    "img-src 'self' data: http:; require-trusted-types-for 'script'; trusted-types 'none'"
)
COOP = {"unset": None, "allow-popups": "same-origin-allow-popups", "same-origin": "same-origin"}
ALSO = {"": {}, "csp": {"Content-Security-Policy": STRICT}, "no-referrer": {"Referrer-Policy": "no-referrer"}}
# Every page there is, served by its name.
PAGES = {
    f"{coop}.{also}": {**({"Cross-Origin-Opener-Policy": value} if value else {}), **headers}
    for coop, value in COOP.items()
    for also, headers in ALSO.items()
}
KNOWS_SECONDS = 2.0


class Play:
    """One cell being played."""

    def __init__(self, engine: Engine, app: App, provider: Provider, page_name: str) -> None:
        self.engine, self.app, self.provider = engine, app, provider
        self.title, (self.ada, self.bare) = provider.front.title, provider.front.shows
        self.url = f"{app.base}/?page={page_name}"
        # The page's own words, and not the provider's, while this tab is there.
        self.text = f"return location.href.startsWith('{app.base}') ? document.body?.innerText : ''"
        self.approved_at = 0.0

    def page(self) -> Any:
        page = self.engine.open(self.url)
        self.listen(page)
        return page

    def listen(self, page: Any) -> None:
        self.engine.run(page, "addEventListener('signinerror', ({ detail }) => { window.told = detail.code })")

    def popup(self, page: Any) -> Any:
        """Press, and the new window, at the consent page."""
        before = self.engine.windows()
        self.engine.press(page, self.title)
        window = wait_for(lambda: [one for one in self.engine.windows() if one not in before])[0]
        self.at_consent(window)
        return window

    def at_consent(self, window: Any) -> None:
        radios = "document.querySelectorAll('input[type=radio]').length > 0"
        wait_for(lambda: self.engine.run(window, f"return document.readyState !== 'loading' && {radios}"))

    def approve(self, window: Any, handle: str = "@ada") -> None:
        script = f"""
        [...document.querySelectorAll('label')].find((one) => one.textContent.includes('{handle}')).click();
        [...document.querySelectorAll('button')].find((one) => one.textContent.includes('Authorize')).click()"""
        self.approved_at = time.monotonic()
        with suppress(Gone):
            self.engine.run(window, script)

    def landed(self, page: Any, shown: str | None = None) -> float:
        """The page knows; the seconds that it took from the approval on."""
        wait_for(lambda: (shown or self.ada) in (self.engine.run(page, self.text) or ""))
        took = time.monotonic() - self.approved_at
        assert self.engine.run(page, "return window.told ?? ''") == ""
        return took


def plain(play: Play, waits: float = 1.3) -> float:
    """``waits``: long enough for a page that trusts `closed` to be wrong."""
    page = play.page()
    popup = play.popup(page)
    time.sleep(waits)
    play.approve(popup)
    return play.landed(page)


def at_once(play: Play) -> float:
    return plain(play, waits=0)


def closed_while_the_callback_is_answered(play: Play) -> None:
    play.provider.fault("exchange", "delay", seconds=0.8)
    page = play.page()
    popup = play.popup(page)
    play.approve(popup)
    wait_for(lambda: play.provider.exchanges)
    play.engine.close(popup)
    play.landed(page)


def closed_after(play: Play) -> None:
    before = play.app.rows("sessions")
    page = play.page()
    popup = play.popup(page)
    play.approve(popup)
    wait_for(lambda: play.app.rows("sessions") > before)
    play.engine.close(popup)
    play.landed(page)


def page_reloaded(play: Play) -> float:
    page = play.page()
    popup = play.popup(page)
    play.engine.reload(page)
    play.listen(page)
    play.approve(popup)
    return play.landed(page)


def double_click(play: Play) -> float:
    page = play.page()
    before = play.engine.windows()
    play.engine.press(page, play.title)
    play.engine.press(page, play.title)
    time.sleep(0.6)
    newest = wait_for(lambda: [one for one in play.engine.windows() if one not in before])[-1]
    play.at_consent(newest)
    play.approve(newest)
    return play.landed(page)


def two_tabs_with_two_personas(play: Play) -> None:
    first, second = play.page(), play.page()
    popups = play.popup(first), play.popup(second)
    play.approve(popups[0])
    play.landed(first)
    play.approve(popups[1], "@bare")
    play.landed(second, play.bare)
    play.landed(first, play.bare)


def popup_blocked(play: Play) -> None:
    """The same tab, and back to where it was."""
    page = play.page()
    play.engine.run(page, "window.open = () => null")
    play.engine.press(page, play.title)
    play.at_consent(page)
    play.approve(page)
    play.landed(page)
    wait_for(lambda: play.engine.run(page, "return location.href") == play.url)  # without the empty fragment


SCENARIOS: dict[str, tuple[str, Callable[[Play], float | None]]] = {
    "plain": ("", plain),
    "closed while the callback is answered": ("", closed_while_the_callback_is_answered),
    "closed after": ("", closed_after),
    "page reloaded": ("", page_reloaded),
    "double click": ("", double_click),
    "two tabs with two personas": ("", two_tabs_with_two_personas),
    "popup blocked": ("", popup_blocked),
    "CSP form-action 'self'": ("csp", at_once),
    "Referrer-Policy no-referrer": ("no-referrer", at_once),
}
Cell = tuple[str, str, str, str]  # provider, what the page says, what the provider says, scenario
WINDOWS = [(page, provider, scenario) for page in COOP for provider in COOP for scenario in SCENARIOS]
CELLS: list[Cell] = [("github", *one) for one in WINDOWS]
# Of what happens to the windows, no line of code knows the protocol. With X a run plays what severs them, in the two
# ways by which a page learns of its login then, and what begins more than once or in another window.
X_CELLS: list[Cell] = [("twitter", *one) for one in WINDOWS]
EVERYWHERE = ("plain", "closed while the callback is answered")
ONCE = ("double click", "two tabs with two personas", "popup blocked")
# Page and popup are in touch all the time, until the provider, or never. What else the two say comes to one of these.
IN_TOUCH = (("unset", "unset"), ("unset", "same-origin"), ("same-origin", "same-origin"))
LESS = [one for one in CELLS if one[1:3] in IN_TOUCH or one[3] in EVERYWHERE]
LESS_WITH_X = [
    one
    for one in X_CELLS
    if (one[1] == one[2] and one[3] in EVERYWHERE) or (one[1:3] == ("unset", "unset") and one[3] in ONCE)
]
# How the callback comes: by a redirect with a code, and by a form that a page of the provider posts.
WAYS: list[Cell] = [
    (front, "unset", "unset", scenario) for front in ("acme", "apple") for scenario in ("plain", "popup blocked")
]
ONE_CELL: list[Cell] = [("twitter", "same-origin", "same-origin", "closed while the callback is answered")]


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest, lender: Lender) -> Iterator[Started]:
    with lender.lend(request.module.ENGINE) as started:
        yield started


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(fronts=("github", "acme", "apple"), PAGE_HEADERS=json.dumps(PAGES)) as pair:
        yield pair


def generate(metafunc: pytest.Metafunc) -> None:
    """The cells of a run, for the engine of a file."""
    if "cell" in metafunc.fixturenames:
        cells = [*LESS, *LESS_WITH_X] if metafunc.module.ENGINE == "chromium" else ONE_CELL
        if metafunc.config.getoption("engines") == "all":
            cells = [*CELLS, *X_CELLS]
        metafunc.parametrize("cell", [*cells, *WAYS], ids=" | ".join)


def play_cell(cell: Cell, engine: Started, world: tuple[App, Provider], request: pytest.FixtureRequest) -> None:
    """Once more in a new browser where the driver got stuck, and never for any other reason."""
    outcome = {
        "engine": engine.name,
        "scenario": f"{cell[3]}, {FRONTS[cell[0]].title}",
        "landed": False,
        "seconds": None,
    }
    request.node.user_properties.append(("cell", outcome))
    try:
        outcome["seconds"] = _play(cell, engine.engine, *world)
    except (Stuck, HTTPError, TimeoutError):
        engine.restart()
        outcome["seconds"] = _play(cell, engine.engine, *world)
    outcome["landed"] = True


def _play(cell: Cell, engine: Engine, app: App, provider: Provider) -> float | None:
    front, page_coop, provider_coop, scenario = cell
    also, script = SCENARIOS[scenario]
    provider = provider.at(front)
    provider.reset()
    provider.set(coop=COOP[provider_coop])
    before = app.rows("sessions")
    try:
        seconds = script(Play(engine, app, provider, f"{page_coop}.{also}"))
        logins = 2 if scenario.startswith("two tabs") else 1
        assert len(provider.exchanges) == logins
        assert app.rows("sessions") == before + logins
    except (Stuck, HTTPError, TimeoutError):
        raise
    except BaseException:
        engine.forget(app.base)
        raise
    engine.forget(app.base)
    return seconds
