"""C6: the same callback twenty times at once is one exchange and one session; all of them get that outcome."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider

pytestmark = at_both


@pytest.mark.parametrize("delay", [0.0, 0.7])
def test_twenty_at_once(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], delay: float
) -> None:
    """Also while the provider takes its time."""
    honest = browser()
    begun = honest.begin()
    callback = provider.approve(begun.send_to, **person)
    copies = [Browser(app.base, cookies=dict(honest.cookies), provider=honest.provider) for _ in range(20)]
    if delay:
        provider.fault("exchange", "delay", seconds=delay)
    before = app.all_rows()

    def deliver(copy: Browser) -> Answer:
        return copy.come_back(callback)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(deliver, copies))
    assert {answer.status for answer in answers} == {303}
    assert len({copy.session_cookie for copy in copies}) == 1
    assert copies[0].account()["identities"][0]["handle"] == person["screen_name"]
    assert len(provider.exchanges) == 1
    after = app.all_rows()
    assert after["sessions"] == before["sessions"] + 1
    assert after["accounts"] == before["accounts"] + 1
    assert after["login_claims"] == before["login_claims"] + 1


def test_a_second_browser_among_them_gets_nothing(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    honest, stranger = browser(), browser()
    callback = provider.approve(honest.begin().send_to, **person)
    provider.fault("exchange", "delay", seconds=0.5)
    with ThreadPoolExecutor(2) as pool:
        mine, theirs = pool.submit(honest.come_back, callback), pool.submit(stranger.come_back, callback)
    assert theirs.result().code == "cookies_blocked"
    assert stranger.account() is None
    assert mine.result().status == 303
    assert honest.account() is not None
    assert len(provider.exchanges) == 1
