"""Signs in a page that Playwright drives: by its button, the sandbox's popup, and what the page's backend then says.

The steps are told once; a page of Playwright's async API has each of them awaited.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Generator
from typing import TYPE_CHECKING, Any, overload

from .failures import SignInFailed
from .signing_in import account_of

if TYPE_CHECKING:
    from playwright.async_api import Locator as AsyncLocator
    from playwright.async_api import Page as AsyncPage
    from playwright.sync_api import Locator, Page

    from ..models import Account

PATIENCE_SECONDS = 10.0
_LOOK_MILLISECONDS = 250
_MODULE = """() => {
  const tags = [...document.scripts].map((script) => script.src);
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  return [...tags, ...loaded].find((url) => /\\/(client|token)\\.js([?#]|$)/.test(url)) ?? null;
}"""
# The module asks the backend, and in token delivery it alone holds the token.
_LOOK = """async ([module, handle, milliseconds]) => {
  const { session } = await import(module);
  const until = Date.now() + milliseconds;
  do {
    const found = await session();
    if (found?.account.identities.some((identity) => identity.handle === handle)) return found.account;
    await new Promise((resolve) => setTimeout(resolve, 25));
  } while (Date.now() < until);
  return null;
}"""
_STATUS = (
    "() => document.querySelector('sign-in-button')?.shadowRoot?.querySelector('[role=status]')?.textContent ?? ''"
)

Steps = Generator[Any, Any, "Account"]


@overload
def sign_in_page(page: Page, persona: str = ..., *, button: Locator | None = ...) -> Account: ...
@overload
def sign_in_page(page: AsyncPage, persona: str = ..., *, button: AsyncLocator | None = ...) -> Awaitable[Account]: ...
def sign_in_page(page: Any, persona: str = "ada", *, button: Any = None) -> Any:
    """Click **Sign in with X**, be that persona, **Authorize app**, and wait until the page's backend knows.

    Args:
        page: Playwright's, at a page of the app; of the async API, to be awaited.
        persona: one of the sandbox's, by handle.
        button: what to click, if the page has no ``<sign-in-button>``.

    Raises:
        SignInFailed: no popup, or one that does not ask; or nobody was signed in. With what page or popup say.
        ValueError: the sandbox has no such persona.
    """
    steps = _signing_in(page, persona, button)
    return _awaited(steps) if inspect.iscoroutinefunction(type(page).goto) else _taken(steps)


def _taken(steps: Steps) -> Account:
    try:
        step = next(steps)
        while True:
            step = steps.send(step)
    except StopIteration as told:
        account: Account = told.value
        return account


async def _awaited(steps: Steps) -> Account:
    try:
        step = next(steps)
        while True:
            try:
                done = await step
            except Exception as fault:  # told where it was asked for, as in the other case
                step = steps.throw(fault)
            else:
                step = steps.send(done)
    except StopIteration as told:
        account: Account = told.value
        return account


def _signing_in(page: Any, persona: str, button: Any) -> Steps:
    module = yield page.evaluate(_MODULE)
    if module is None:
        raise SignInFailed("The page has not loaded valetkey's module, /auth/client.js. Is it a page of the app?")
    popup = yield from _popup(page, button or page.locator("sign-in-button").get_by_role("button").first)
    yield from _approving(page, popup, persona)
    account = yield from _known(page, module, persona)
    if account is None:
        said = yield page.evaluate(_STATUS)
        raise SignInFailed(
            f"The sandbox approved, and {PATIENCE_SECONDS:.0f} s later the page's backend does not know of @{persona}. "
            f"{f'The button says: {said}' if said else 'The button says nothing.'}"
        )
    return account_of(account)


def _popup(page: Any, button: Any) -> Generator[Any, Any, Any]:
    opened: list[Any] = []

    def keep(popup: Any) -> None:
        opened.append(popup)

    page.on("popup", keep)
    try:
        yield button.click()
        until = time.monotonic() + PATIENCE_SECONDS
        while not opened and time.monotonic() < until:
            yield page.wait_for_timeout(10)
    finally:
        page.remove_listener("popup", keep)
    if not opened:
        raise SignInFailed("The click opened no popup. Is it the button that signs in, and are popups allowed?")
    return opened[0]


def _approving(page: Any, popup: Any, persona: str) -> Generator[Any, Any, None]:
    authorize = popup.get_by_role("button", name="Authorize app", exact=True)
    told = popup.locator("body[data-login]")  # our own last page, by what even another template has to have
    try:
        yield authorize.or_(told).wait_for(timeout=PATIENCE_SECONDS * 1000)
        asks = yield authorize.is_visible()
    except Exception:
        asks = False
    if not asks:
        who = "It"
        try:
            said = yield popup.evaluate("document.body.textContent")
        except Exception:
            who, said = "It is closed, and the page's button", (yield page.evaluate(_STATUS))
        sentence = "The popup does not ask whether to sign in, as the sandbox would."
        raise SignInFailed(f"{sentence} {who} says: {' '.join(said.split()) or 'nothing'}")
    choice = popup.get_by_label(f"@{persona}", exact=True)
    if not (yield choice.count()):
        labels = yield popup.get_by_role("radio").evaluate_all("all => all.map((one) => one.value)")
        raise ValueError(f"The sandbox has no persona {persona!r}; there are {', '.join(labels)}.")
    yield choice.check()
    yield authorize.click(no_wait_after=True)  # it closes


def _known(page: Any, module: str, persona: str) -> Generator[Any, Any, Any]:
    """What the backend says of who is signed in, or None. A page that goes elsewhere meanwhile is asked there."""
    until = time.monotonic() + PATIENCE_SECONDS
    account = None
    while account is None and time.monotonic() < until:
        try:
            account = yield page.evaluate(_LOOK, [module, persona, _LOOK_MILLISECONDS])
        except Exception as fault:
            if "context was destroyed" not in str(fault):
                raise
    return account
