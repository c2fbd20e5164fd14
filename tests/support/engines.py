"""Three engines behind one small interface: Chromium by Playwright, Firefox by Marionette, WebKit by WebDriver.

A window is a driver's own handle. Scripts are function bodies; a button is pressed as a person does, for a popup opens
only then.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from .servers import free_port
from .waiting import wait_for

BUTTON = "return document.querySelector('sign-in-button')?.shadowRoot?.querySelector('button')"

SHOWN = f"{BUTTON}?.getBoundingClientRect().height > 40 && document.readyState === 'complete'"

ANSWERS_SECONDS = 20  # a driver that says nothing for so long is stuck
STARTS_SECONDS = 60  # and one whose browser has still to start
LOADED = "return location.href !== 'about:blank' && document.readyState === 'complete'"
AT_ME = "return location.pathname === '/api/me' && document.readyState === 'complete'"


def button_of(title: str) -> str:
    """The button of a provider, once the module knows its title."""
    buttons = "[...document.querySelectorAll('sign-in-button')].map((one) => one.shadowRoot?.querySelector('button'))"
    return f"return {buttons}.find((one) => one?.textContent.trim() === 'Sign in with {title}')"


class Engine(Protocol):
    """One browser with one profile."""

    def open(self, url: str) -> Any: ...
    def visit(self, url: str) -> Any:
        """Any page, which may have no button."""

    def windows(self) -> list[Any]: ...
    def run(self, window: Any, script: str) -> Any: ...
    def press(self, window: Any, title: str = "X") -> None:
        """The button "Sign in with {title}"."""

    def click(self, window: Any, script: str) -> None:
        """Click the element that the script returns, as a user does."""

    def click_in_frame(self, window: Any, script: str) -> None:
        """The same in the one frame of the window."""

    def reload(self, window: Any) -> None: ...
    def close(self, window: Any) -> None: ...
    def forget(self, origin: str) -> None:
        """No cookies and one blank window, as at the start."""


class Gone(Exception):
    """The window has closed."""


class Stuck(Exception):
    """The driver does not answer any more."""


class Chromium:
    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.context = browser.new_context()

    def open(self, url: str) -> Any:
        page = self.context.new_page()
        page.set_default_timeout(8_000)
        page.goto(url)
        return page

    visit = open

    def windows(self) -> list[Any]:
        return [page for page in self.context.pages if not page.is_closed()]

    def run(self, window: Any, script: str) -> Any:
        from playwright.sync_api import Error

        try:
            window.wait_for_timeout(1)  # lets events through
            return window.evaluate(f"() => {{ {script} }}")
        except Error as error:
            if window.is_closed() or "closed" in str(error):
                raise Gone from None
            return None  # on its way to another page

    def press(self, window: Any, title: str = "X") -> None:
        window.get_by_role("button", name=f"Sign in with {title}", exact=True).click()

    def click(self, window: Any, script: str) -> None:
        window.evaluate_handle(f"() => {{ {script} }}").as_element().click()

    def click_in_frame(self, window: Any, script: str) -> None:
        window.frames[1].evaluate_handle(f"() => {{ {script} }}").as_element().click()

    def reload(self, window: Any) -> None:
        window.reload()

    def close(self, window: Any) -> None:
        window.close()

    def forget(self, origin: str) -> None:
        self.context.close()
        self.context = self.browser.new_context()


class Firefox:
    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.blank = driver.current_window_handle

    def open(self, url: str) -> Any:
        handle = self.driver.open(type="tab", focus=True)["handle"]
        self._navigate(handle, url)
        self.ready(handle)
        return handle

    def visit(self, url: str) -> Any:
        self.driver.switch_to_window(self.blank)  # the window before it may be closed
        handle = self.driver.open(type="tab", focus=True)["handle"]
        self._navigate(handle, url)
        wait_for(lambda: self.run(handle, LOADED))
        return handle

    def ready(self, window: Any) -> None:
        wait_for(lambda: self.run(window, SHOWN))

    def windows(self) -> list[Any]:
        return [handle for handle in self.driver.window_handles if handle != self.blank]

    def run(self, window: Any, script: str) -> Any:
        from marionette_driver import errors

        try:
            self.driver.switch_to_window(window, focus=False)
            return self.driver.execute_script(script, sandbox=None)
        except (errors.NoSuchWindowException, errors.UnknownCommandException):
            raise Gone from None
        except errors.MarionetteException:
            return None

    def press(self, window: Any, title: str = "X") -> None:
        self.click(window, button_of(title))

    def click(self, window: Any, script: str) -> None:
        self.driver.switch_to_window(window)
        wait_for(lambda: self.driver.execute_script(script, sandbox=None)).click()

    def click_in_frame(self, window: Any, script: str) -> None:
        self.driver.switch_to_window(window)
        self.driver.switch_to_frame(0)
        try:
            wait_for(lambda: self.driver.execute_script(script, sandbox=None)).click()
        finally:
            self.driver.switch_to_parent_frame()

    def reload(self, window: Any) -> None:
        self.driver.switch_to_window(window)
        self.driver.refresh()
        self.ready(window)

    def close(self, window: Any) -> None:
        from marionette_driver import errors

        with suppress(errors.MarionetteException):
            self.driver.switch_to_window(window, focus=False)
            self.driver.close()

    def forget(self, origin: str) -> None:
        for window in self.windows():
            self.close(window)
        self._navigate(self.blank, f"{origin}/api/me")
        wait_for(lambda: self.run(self.blank, AT_ME))
        self.driver.delete_all_cookies()
        self._navigate(self.blank, "about:blank")

    def _navigate(self, window: Any, url: str) -> None:
        from marionette_driver import errors

        def sets_out() -> bool:
            self.driver.switch_to_window(window)
            try:
                self.driver.navigate(url)
            except errors.NoSuchWindowException:
                return False  # the window is moving to another process
            return True

        wait_for(sets_out)


class WebKit:
    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.blank = driver.current_window_handle

    def open(self, url: str) -> Any:
        self.driver.switch_to.window(self.blank)
        self.driver.switch_to.new_window("window")
        handle = self.driver.current_window_handle
        self.driver.get(url)
        self.ready(handle)
        return handle

    def visit(self, url: str) -> Any:
        self.driver.switch_to.window(self.blank)
        self.driver.switch_to.new_window("window")
        handle = self.driver.current_window_handle
        self.driver.get(url)
        wait_for(lambda: self.run(handle, LOADED))
        return handle

    def ready(self, window: Any) -> None:
        wait_for(lambda: self.run(window, SHOWN))

    def windows(self) -> list[Any]:
        return [handle for handle in self.driver.window_handles if handle != self.blank]

    def run(self, window: Any, script: str) -> Any:
        from selenium.common.exceptions import NoSuchWindowException, WebDriverException
        from urllib3.exceptions import HTTPError

        try:
            self.driver.switch_to.window(window)
            return self.driver.execute_script(script)
        except HTTPError as error:
            raise Stuck from error
        except NoSuchWindowException:
            raise Gone from None
        except WebDriverException as error:
            if window not in self.driver.window_handles:
                raise Gone from error
            return None

    def press(self, window: Any, title: str = "X") -> None:
        self.click(window, button_of(title))

    def click(self, window: Any, script: str) -> None:
        self.driver.switch_to.window(window)
        wait_for(lambda: self.driver.execute_script(script)).click()

    def click_in_frame(self, window: Any, script: str) -> None:
        self.driver.switch_to.window(window)
        self.driver.switch_to.frame(0)
        try:
            wait_for(lambda: self.driver.execute_script(script)).click()
        finally:
            self.driver.switch_to.default_content()

    def reload(self, window: Any) -> None:
        self.driver.switch_to.window(window)
        self.driver.refresh()
        self.ready(window)

    def close(self, window: Any) -> None:
        from selenium.common.exceptions import WebDriverException

        with suppress(WebDriverException):
            self.driver.switch_to.window(window)
            self.driver.close()

    def forget(self, origin: str) -> None:
        for window in self.windows():
            self.close(window)
        self.driver.switch_to.window(self.blank)
        self.driver.get(f"{origin}/api/me")
        wait_for(lambda: self.run(self.blank, AT_ME))
        self.driver.delete_all_cookies()
        self.driver.get("about:blank")


@contextmanager
def screen() -> Iterator[str]:
    """A display that nobody sees."""
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield f":{server.stdout.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


def headless_chromium() -> str:
    """Chromium, or where ``./run test`` has found it the same engine without windows of its own, at half the cost.

    What the browser adds to the engine needs the whole one: extensions, blocked cookies, focus, the cache of pages.
    """
    return os.environ.get("HEADLESS_CHROMIUM") or os.environ["CHROMIUM"]


@contextmanager
def chromium(*, arguments: Sequence[str] = (), without: Sequence[str] = ()) -> Iterator[Engine]:
    """``without`` are arguments that the driver adds by itself. With arguments it is the whole browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"] if arguments or without else headless_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", *arguments],
            ignore_default_args=[*without],
        )
        yield Chromium(browser)
        browser.close()


@contextmanager
def firefox(*, preferences: Mapping[str, str | int] | None = None, any_certificate: bool = False) -> Iterator[Engine]:
    from marionette_driver.marionette import Marionette

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        port = free_port()
        with open(f"{profile}/user.js", "w") as prefs:
            prefs.write(f'user_pref("marionette.port", {port});\n')
            for name in (
                "app.update.enabled",
                "datareporting.policy.dataSubmissionEnabled",
                "browser.aboutwelcome.enabled",
                "dom.ipc.processPrelaunch.enabled",  # a process in reserve, for each tab that is opened
            ):
                prefs.write(f'user_pref("{name}", false);\n')
            for name, value in (preferences or {}).items():
                prefs.write(f'user_pref("{name}", {json.dumps(value)});\n')
        process = subprocess.Popen(
            [os.environ["FIREFOX"], "--headless", "--no-remote", "--marionette", "--profile", profile],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile},
        )
        driver = Marionette(host="127.0.0.1", port=port, socket_timeout=STARTS_SECONDS)
        try:
            wait_for(lambda: _listens(port), STARTS_SECONDS)
            driver.start_session({"pageLoadStrategy": "none", "acceptInsecureCerts": any_certificate})
            driver.client.socket_timeout = ANSWERS_SECONDS
            yield Firefox(driver)
        finally:
            with suppress(Exception):
                driver.delete_session()
            process.terminate()
            process.wait(20)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def webkit() -> Iterator[Engine]:
    from selenium import webdriver
    from selenium.webdriver.remote.client_config import ClientConfig
    from selenium.webdriver.webkitgtk.options import Options

    options = Options()
    options.binary_location = os.environ["MINIBROWSER"]
    options.add_argument("--automation")
    options.page_load_strategy = "none"
    port = free_port()
    with screen() as display, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            ["WebKitWebDriver", f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={
                **os.environ,
                "DISPLAY": display,
                "HOME": home,
                "XDG_RUNTIME_DIR": home,
                "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
                "NO_AT_BRIDGE": "1",
            },
        )
        try:
            wait_for(lambda: _listens(port), 30)
            address = f"http://127.0.0.1:{port}"
            driver = webdriver.Remote(
                address, options=options, client_config=ClientConfig(address, timeout=ANSWERS_SECONDS)
            )
            yield WebKit(driver)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # and its browser
            process.wait(20)


ENGINES = {"chromium": chromium, "firefox": firefox, "webkit": webkit}
