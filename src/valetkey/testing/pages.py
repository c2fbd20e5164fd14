"""Signs in a page that Playwright drives, by its button and the sandbox's popup.

The steps are written once, as a generator. With a page of Playwright's async API, each step is awaited.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Generator
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import urlsplit

from .control import Control
from .conversations import account_of
from .failures import SignInFailed

if TYPE_CHECKING:
    from playwright.async_api import Locator as AsyncLocator
    from playwright.async_api import Page as AsyncPage
    from playwright.sync_api import Locator, Page

    from ..models import Account

X = "twitter"
TIMEOUT_SECONDS = 10.0
_POLL_MILLISECONDS = 250
_FIND_MODULE = """() => {
  const tags = [...document.scripts].map((script) => script.src);
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  return [...tags, ...loaded].find((url) => /\\/(client|token)\\.js([?#]|$)/.test(url)) ?? null;
}"""
# The page's module asks the backend, because in token delivery only the module has the token.
_FIND_ACCOUNT = """async ([module, provider, subject, milliseconds]) => {
  const { session } = await import(module);
  const until = Date.now() + milliseconds;
  do {
    const found = await session();
    const is = (identity) => identity.provider === provider && identity.subject.endsWith(subject);
    if (found?.account.identities.some(is)) return found.account;
    await new Promise((resolve) => setTimeout(resolve, 25));
  } while (Date.now() < until);
  return null;
}"""
_BUTTON_STATUS = (
    "() => document.querySelector('sign-in-button')?.shadowRoot?.querySelector('[role=status]')?.textContent ?? ''"
)

Steps = Generator[Any, Any, "Account"]


@overload
def sign_in_page(page: Page, persona: str = ..., *, provider: str = ..., button: Locator | None = ...) -> Account: ...
@overload
def sign_in_page(
    page: AsyncPage, persona: str = ..., *, provider: str = ..., button: AsyncLocator | None = ...
) -> Awaitable[Account]: ...
def sign_in_page(page: Any, persona: str = "ada", *, provider: str = X, button: Any = None) -> Any:
    """Sign a page in: click its button, choose a persona, press **Authorize app**, and wait for the backend.

    Args:
        page: a page of the app in Playwright. With the async API, await the call.
        persona: the handle of one of the sandbox's users.
        provider: the provider's name in the app.
        button: what to click, if the page has no ``<sign-in-button>``.

    Returns:
        The account that is signed in.

    Raises:
        SignInFailed: there was no popup, or it did not ask, or no user was signed in. The text has what the page or
            the popup says.
        ValueError: the sandbox has no such persona.
    """
    steps = _signing_in(page, persona, provider, button)
    return _run_async(steps) if inspect.iscoroutinefunction(type(page).goto) else _run_sync(steps)


def _run_sync(steps: Steps) -> Account:
    try:
        step = next(steps)
        while True:
            step = steps.send(step)
    except StopIteration as stop:
        account: Account = stop.value
        return account


async def _run_async(steps: Steps) -> Account:
    try:
        step = next(steps)
        while True:
            try:
                done = await step
            except Exception as fault:  # raised inside the generator, as in the sync case
                step = steps.throw(fault)
            else:
                step = steps.send(done)
    except StopIteration as stop:
        account: Account = stop.value
        return account


def _signing_in(page: Any, persona: str, provider: str, button: Any) -> Steps:
    module = yield page.evaluate(_FIND_MODULE)
    if module is None:
        raise SignInFailed("The page has not loaded valetkey's module, /auth/client.js. Is it a page of the app?")
    of_provider = f'sign-in-button[provider="{provider}"]'
    ours = page.locator(f"{of_provider}, sign-in-button:not([provider])" if provider == X else of_provider)
    popup = yield from _open_popup(page, button or ours.get_by_role("button").first)
    subject = yield from _approve(page, popup, persona)
    account = yield from _wait_for_account(page, [module, provider, subject])
    if account is None:
        text = yield page.evaluate(_BUTTON_STATUS)
        raise SignInFailed(
            f"The sandbox approved, and {TIMEOUT_SECONDS:.0f} s later the page's backend does not know of @{persona}. "
            f"{f'The button says: {text}' if text else 'The button says nothing.'}"
        )
    return account_of(account)


def _open_popup(page: Any, button: Any) -> Generator[Any, Any, Any]:
    opened: list[Any] = []

    def keep(popup: Any) -> None:
        opened.append(popup)

    page.on("popup", keep)
    try:
        yield button.click()
        until = time.monotonic() + TIMEOUT_SECONDS
        while not opened and time.monotonic() < until:
            yield page.wait_for_timeout(10)
    finally:
        page.remove_listener("popup", keep)
    if not opened:
        raise SignInFailed("The click opened no popup. Is it the button that signs in, and are popups allowed?")
    return opened[0]


def _approve(page: Any, popup: Any, persona: str) -> Generator[Any, Any, str]:
    """Approve, and return the id by which the provider calls the persona."""
    authorize = popup.get_by_role("button", name="Authorize app", exact=True)
    last_page = popup.locator("body[data-login]")  # our own last page; every template has this attribute
    try:
        yield authorize.or_(last_page).wait_for(timeout=TIMEOUT_SECONDS * 1000)
        asks = yield authorize.is_visible()
    except Exception:
        asks = False
    if not asks:
        who = "It"
        try:
            text = yield popup.evaluate("document.body.textContent")
        except Exception:
            who, text = "It is closed, and the page's button", (yield page.evaluate(_BUTTON_STATUS))
        sentence = "The popup does not ask whether to sign in, as the sandbox would."
        raise SignInFailed(f"{sentence} {who} says: {' '.join(text.split()) or 'nothing'}")
    choice = popup.get_by_label(f"@{persona}", exact=True)
    if not (yield choice.count()):
        labels = yield popup.get_by_role("radio").evaluate_all("all => all.map((one) => one.value)")
        raise ValueError(f"The sandbox has no persona {persona!r}; there are {', '.join(labels)}.")
    yield choice.check()
    address = urlsplit(popup.url)
    subject = Control(f"{address.scheme}://{address.netloc}").subject(popup.url, persona)
    yield authorize.click(no_wait_after=True)  # it closes
    return subject


def _wait_for_account(page: Any, wanted: list[str]) -> Generator[Any, Any, Any]:
    """Return the account that the backend reports, or None. If the page navigates in the meantime, ask the new page."""
    until = time.monotonic() + TIMEOUT_SECONDS
    account = None
    while account is None and time.monotonic() < until:
        try:
            account = yield page.evaluate(_FIND_ACCOUNT, [*wanted, _POLL_MILLISECONDS])
        except Exception as fault:
            if "context was destroyed" not in str(fault):
                raise
    return account
