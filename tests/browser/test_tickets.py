"""A page that holds its session as a token opens a WebSocket with ``ticket()``, in three engines."""

import secrets
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.responses import HTMLResponse
from support.browser import Browser
from support.engines import Engine
from support.lender import Lender
from support.servers import SECRET, Provider, free_port
from support.uvicorns import serving
from support.waiting import wait_for
from support.written import blocks_of

from valetkey import Account, Settings
from valetkey.frameworks.fastapi import SignIn
from valetkey.login.one_time_codes import challenge_of

# What a page writes, twice: each WebSocket has a ticket of its own. A third one repeats the second's, and a fourth has
# none: both are closed.
PAGE = """<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,><p id=said></p>
<script type=module>
import { ticket } from "/auth/token.js?store=session";
const open = (protocols) => new Promise((done) => {
  const socket = new WebSocket("ws://" + location.host + "/ws", protocols);
  socket.onopen = () => socket.send("who?");
  socket.onmessage = ({ data }) => done(socket.protocol + " " + data);
  socket.onclose = () => done("closed");
});
addEventListener("go", async () => {
  const heard = [];
  try {
    heard.push(await open(await ticket()));
    const protocols = await ticket();
    for (const offered of [protocols, protocols, undefined]) heard.push(await open(offered));
  } catch (error) {
    heard.push(error.code ?? String(error));
  }
  document.getElementById("said").textContent = heard.join();
});
document.documentElement.className = "ready";
</script>"""
SAID = "return document.getElementById('said')?.textContent"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Provider]]:
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    sign_in = SignIn(
        Settings.from_environment(
            {
                "TWITTER_CONSUMER_KEY": provider.key,
                "TWITTER_CONSUMER_SECRET": provider.secret,
                "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter",
                "VALETKEY_SECRET": SECRET,
                "VALETKEY_DATABASE": f"sqlite:///{tmp_path_factory.mktemp('tickets')}/valetkey.db",
                "VALETKEY_TWITTER_API": provider.origin,
                "VALETKEY_TWITTER_BROWSER": provider.origin,
                "VALETKEY_DELIVERY": "token",
            }
        )
    )
    app = FastAPI()
    app.include_router(sign_in.router)

    @app.get("/page", response_class=HTMLResponse)
    async def page() -> str:
        return PAGE

    said = {"app": app, "sign_in": sign_in, "WebSocket": WebSocket, "Annotated": Annotated, "Account": Account}
    exec(blocks_of("docs/frameworks.md")["websocket"], {**said, "Depends": Depends})
    with serving(app, port) as base:
        yield base, provider
    provider.stop()


def token_of(base: str, provider: Provider) -> str:
    """A sign-in by hand, as the module makes it: what follows is about a page that is signed in."""
    browser, verifier = Browser(base), secrets.token_urlsafe(32)
    begun = browser.begin(challenge=challenge_of(verifier))
    assert browser.come_back(provider.approve(begun.token, "ada")).status == 303
    answer = browser.fetch("POST", "/auth/session", {"login": begun.login, "verifier": verifier})
    return str(answer.json()["token"])


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, lender: Lender, served: tuple[str, Provider]) -> Iterator[Engine]:
    with lender.lend(request.param) as running:
        yield running.engine
        running.engine.forget(served[0])


def heard(engine: Engine, base: str, setup: str) -> tuple[str, str]:
    """What the page hears, and the addresses that it has asked for."""
    window = engine.visit(f"{base}/page")
    engine.run(window, f"{setup}; return 1")
    wait_for(lambda: engine.run(window, "return document.documentElement.className") == "ready")
    engine.run(window, "window.dispatchEvent(new Event('go')); return 1")
    said = wait_for(lambda: engine.run(window, SAID))
    names = "performance.getEntriesByType('resource').map((one) => one.name).join()"
    return str(said), str(engine.run(window, f"return {names}"))


def test_a_page_opens_websockets(engine: Engine, served: tuple[str, Provider]) -> None:
    """Each ticket opens one, and no address has it. Without a session there is none."""
    base, provider = served
    token = token_of(base, provider)
    said, addresses = heard(engine, base, f"sessionStorage['valetkey-token'] = '{token}'")
    assert said == "valetkey ada: who?,valetkey ada: who?,closed,closed"
    assert "/auth/ticket" in addresses
    assert "valetkey.ticket" not in addresses
    assert heard(engine, base, "sessionStorage.clear()")[0] == "not_signed_in"
