"""A page after the classic contract closes its popup as soon as it can read where that is: with the module's one line
no login is lost to it, however often the page looks, and none is delivered twice.

Without the line a page that does not look loses none either. One that looks twice a second, as libraries do, loses one
where it happens to look in the few milliseconds between the arrival of the popup's last page and its first script,
which nothing in the popup can win: few, and each of these is still there for a page that asks.

Each is played ``VALETKEY_CLOSINGS`` times (4; 200 for the numbers of a release), and counted at the end of the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from support.servers import App, Provider

from browser.classic import approving, classic_app

ROUNDS = int(os.environ.get("VALETKEY_CLOSINGS", "4"))

# A login after another, each by a popup of its own, and signed out in between. What the page does not hear within six
# seconds is lost to it; then the backend is asked as the module would. At the end the page is left alone for longer
# than the module waits between two questions.
PLAY = """async ([rounds, every, x]) => {
  X = x;
  const played = { lost: 0, left: 0, refused: 0 };
  const until = async (fact, milliseconds) => {
    const deadline = Date.now() + milliseconds;
    while (!fact() && Date.now() < deadline) await new Promise((done) => setTimeout(done, 4));
  };
  const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  for (let round = 0; round < rounds; round++) {
    const before = calls.length;
    const popup = authenticate("about:blank", every);
    await until(() => calls.length > before, 6000);
    if (calls.length === before) {
      played.lost++;
      const { token } = await (await fetch("/auth/session", asked)).json();
      if (token) localStorage.setItem("token", token);
      if (token) played.left++;
    }
    if ((await request("GET", "/api/me")).status !== 200) played.refused++;
    await until(() => popup.closed, 2000);
    await signOut();
  }
  await new Promise((done) => setTimeout(done, 1500));
  return { ...played, calls: calls.length, tokens: new Set(calls.map((one) => one.token)).size, problems };
}"""


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with classic_app() as pair:
        yield pair


Play = Callable[..., dict[str, int]]


@pytest.fixture
def play(chromium: Browser, world: tuple[App, Provider], record_property: Callable[[str, object], None]) -> Play:
    app, provider = world
    provider.reset()

    def many(path: str, every: int | None, coop: str | None = None, rounds: int = ROUNDS) -> dict[str, int]:
        # Its page for those who approved before would last a second.
        provider.set(coop=coop, silent_when_approved=False)
        sessions = app.rows("sessions")
        # At any moment between two looks, and not always at the same.
        context = approving(chromium, provider, within_ms=every or 0)
        try:
            page = context.new_page()
            page.goto(app.base + path)
            played = page.evaluate(PLAY, [rounds, every, provider.origin])
        finally:
            context.close()
        assert played.pop("problems") == []
        looks = "not at all" if every is None else f"every {every} ms"
        scenario = f"{path.removeprefix('/')} looks {looks}, {'severed' if coop else 'whole'}"
        for number in range(rounds):
            landed = number < played["calls"]
            cell = {"engine": "chromium", "scenario": scenario, "landed": landed, "seconds": None}
            record_property("cell", cell)
        return {
            **played,
            "exchanges": len(provider.exchanges),
            "sessions": app.rows("sessions") - sessions,
        }

    return many


ALL = {
    "lost": 0,
    "left": 0,
    "refused": 0,
    "calls": ROUNDS,
    "tokens": ROUNDS,
    "exchanges": ROUNDS,
    "sessions": ROUNDS,
}


@pytest.mark.parametrize("coop", [None, "same-origin"], ids=["whole", "severed"])
@pytest.mark.parametrize("every", [0, 500])
def test_with_the_line(play: Play, every: int, coop: str | None) -> None:
    """The page hears of every login, once."""
    assert play("/classic-line", every, coop) == ALL


def test_without_the_line_and_without_looking(play: Play) -> None:
    """The popup's first script does it."""
    assert play("/classic", None) == ALL


def test_without_the_line_and_a_look_every_half_second(play: Play) -> None:
    """Nearly all are told. The others are there all the same: one session each, for one question."""
    rounds = 2 * ROUNDS
    played = play("/classic", 500, rounds=rounds)
    assert played["lost"] <= rounds // 4
    lost, told = played["lost"], rounds - played["lost"]
    once_each = {**ALL, "exchanges": rounds, "sessions": rounds}
    assert played == {**once_each, "lost": lost, "left": lost, "calls": told, "tokens": told}
