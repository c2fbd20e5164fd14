"""C8: under load nobody is signed in as somebody else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from support.browser import Browser
from support.fronts import at_both
from support.servers import App, Provider

pytestmark = at_both

PEOPLE = 150


def test_many_people_at_once(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Sixteen at a time, each with a profile of their own; every answer is asked whose it is."""
    offset = int(person["user_id"]) * 1000

    def live(number: int) -> tuple[str, list[str]]:
        handle = f"p{offset + number}"
        mine = browser()
        begun = mine.begin()
        mine.come_back(provider.approve(begun.send_to, user_id=str(offset + number), screen_name=handle))
        seen = [mine.account()["identities"][0]["handle"], mine.me().json()["identities"][0]["handle"]]
        return handle, seen

    with ThreadPoolExecutor(16) as pool:
        lives = list(pool.map(live, range(PEOPLE)))
    assert [(handle, seen) for handle, seen in lives if set(seen) != {handle}] == []
    crossed = app.query(
        "SELECT count(*) FROM identities WHERE handle != 'p' || subject AND subject BETWEEN ? AND ?",
        str(offset),
        str(offset + PEOPLE),
    )
    assert crossed == [(0,)]
    assert len(provider.exchanges) == PEOPLE
    # The control of that query: it looks at everybody who has signed in here.
    looked_at = app.query(
        "SELECT count(*) FROM identities WHERE subject BETWEEN ? AND ?", str(offset), str(offset + PEOPLE)
    )
    assert looked_at == [(PEOPLE,)]
