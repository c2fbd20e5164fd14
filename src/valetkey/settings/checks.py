"""What is wrong with settings, one function for each kind; each sentence names the variable and says what to write."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from ..protocols.grammar import has_control
from ..providers.record.recipe import callback_variable
from . import shell_origins
from .addresses import base_faults, is_loopback, is_public, origin_of, proxy_networks, split

START_LIMIT = 60  # starts per minute; X does not publish how many request tokens an app may ask for
MAX_START_LIMIT = 100_000
MAX_DAYS = 3650
MAX_TITLE = 60
START_LIMIT_FIX = (
    f"give a whole number of starts per minute, 1 to {MAX_START_LIMIT}, such as {START_LIMIT}; or say off."
)
DAYS_FIX = "give a number of days, such as 14; half a day is 0.5."

# Origins of sandboxes that the test kit runs in this process. A test may use a production callback URL with them. No
# setting and no variable can add one here.
tests_sandboxes: set[str] = set()

# Token characters that need no quoting anywhere (RFC 6265 §4.1.1). Browsers give names that begin with "__" a meaning.
_COOKIE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def url_faults(url: str | None, callbacks: Mapping[str, Sequence[str]]) -> list[str]:
    """The app's address, which may be left out where a callback URL says it."""
    if url is not None:
        return base_faults("VALETKEY_URL", url)
    return [] if any(callbacks.values()) else ["VALETKEY_URL is not set. Give the address of your app."]


def url_path_faults(url: str | None, routes: Iterable[str]) -> list[str]:
    """A callback URL in place of the app's address.

    Args:
        url: the app's address. It may be malformed, which is another fault.
        routes: the path of each provider's callback, below the app's address.
    """
    address = (url or "").rstrip("/")
    return [
        f"VALETKEY_URL: leave out {route}. This is the app's own address; the callback URL is made of it."
        for route in routes
        if address.endswith(route)
    ]


def callback_faults(callbacks: Mapping[str, Sequence[str]], names: Sequence[str]) -> list[str]:
    """The callback URLs of each provider, each by itself."""
    faults = [f"callbacks: there is no provider {name!r}." for name in callbacks if name not in names]
    for name, urls in callbacks.items():
        variable, schemes = callback_variable(name), set()
        for number, url in enumerate(urls, 1):
            label = variable if len(urls) == 1 else f"{variable}, entry {number}"
            parts, found = split(label, url)
            faults += found
            if parts is not None:
                schemes.add(parts.scheme)
        if len(schemes) > 1:
            faults.append(f"{variable}: all entries must have one scheme, which the cookies follow.")
    return faults


def base_of_callback(callback: str, route: str) -> str:
    """The path that the app is public under, as its first callback URL says it: what stands before the route.

    Args:
        callback: the callback URL.
        route: the path of its provider's callback, as the app itself sees it.

    Returns:
        The path, without a slash at its end. Empty if the callback URL does not lead to the route, or if this is not
        the path of an app: that is another fault.
    """
    address = callback.removesuffix(route)
    return urlsplit(address).path if address != callback and not base_faults("", address) else ""


def callback_place_faults(
    callbacks: Mapping[str, Sequence[str]], public_origin: str, paths: Mapping[str, str]
) -> list[str]:
    """Whether the first callback URL of each provider leads to valetkey's routes.

    Args:
        callbacks: by provider, its callback URLs.
        public_origin: the app's.
        paths: by provider, the public path of its route.
    """
    faults = []
    for name, urls in callbacks.items():
        if not urls:
            continue
        label = callback_variable(name) if len(urls) == 1 else f"{callback_variable(name)}, entry 1"
        path = paths[name]
        if urlsplit(urls[0]).path != path:
            faults.append(
                f"{label}: its path must be {path}, where the routes are mounted. Change it here and in "
                "the provider's settings, or mount the routes elsewhere."
            )
        elif origin_of(urls[0]) != public_origin:
            faults.append(
                f"{label}: it must begin with {public_origin}, the app's address; cookies do not cross hosts."
            )
    return faults


def cookie_faults(name: str) -> list[str]:
    """What the names of the cookies begin with."""
    if _COOKIE.fullmatch(name):
        return []
    return [
        "VALETKEY_COOKIE: give 1 to 32 letters, digits, dots, hyphens or underscores, with a letter or a digit first, "
        "such as shop. The prefix __Host- is added where it belongs."
    ]


def delivery_faults(delivery: str, relay: str | None, origins: Sequence[str]) -> list[str]:
    """How a page gets its session.

    Args:
        delivery: ``VALETKEY_DELIVERY``.
        relay: ``VALETKEY_RELAY``, or None where it is not set.
        origins: ``VALETKEY_ORIGINS``, as browsers write them.
    """
    if delivery not in ("cookie", "token"):
        return ["VALETKEY_DELIVERY: say cookie (the default) or token."]
    if relay is None:
        return []
    if shell_origins.has_shell_form(relay):
        faults = shell_origins.page_faults("VALETKEY_RELAY", relay)
    else:
        _, faults = split("VALETKEY_RELAY", relay)
    if not faults and origin_of(relay) not in origins:
        faults.append("VALETKEY_RELAY: its origin must be one of VALETKEY_ORIGINS, for it is a page of the app.")
    if delivery != "token":
        faults.append("VALETKEY_RELAY: a relay page takes VALETKEY_DELIVERY=token; a cookie does not cross sites.")
    return faults


def title_faults(title: str | None) -> list[str]:
    """The app's name on the popup's pages."""
    if title is None or (0 < len(title) <= MAX_TITLE and title == title.strip() and not has_control(title)):
        return []
    return [f"VALETKEY_TITLE: give the name of your app, in 1 to {MAX_TITLE} characters on one line."]


def proxy_faults(proxies: Sequence[str]) -> list[str]:
    """The addresses of the app's own proxies."""
    try:
        proxy_networks(proxies)
    except ValueError as fault:
        return [str(fault)]
    return []


def number_faults(session_days: float | None, idle_days: float, start_limit: int | None) -> list[str]:
    """The numbers of settings that are made in Python. The text of a variable is checked when it is read.

    Args:
        session_days: ``VALETKEY_SESSION_DAYS``, or None for its default.
        idle_days: ``VALETKEY_IDLE_DAYS``.
        start_limit: ``VALETKEY_START_LIMIT``, or None for no limit.
    """
    faults = [
        f"{name}: {DAYS_FIX}"
        for name, days in (("VALETKEY_SESSION_DAYS", session_days), ("VALETKEY_IDLE_DAYS", idle_days))
        if days is not None and not (math.isfinite(days) and 0 < days <= MAX_DAYS)
    ]
    if start_limit is not None and (type(start_limit) is not int or not 0 < start_limit <= MAX_START_LIMIT):
        faults.append(f"VALETKEY_START_LIMIT: {START_LIMIT_FIX}")
    return faults


def relay_faults(relay: str | None, public_origin: str) -> list[str]:
    """A relay page on the app's own origin."""
    if relay is None or origin_of(relay) != public_origin:
        return []
    return [
        "VALETKEY_RELAY: this is the callback URL's own origin, and a relay page is for a page on another site. "
        "Leave it out."
    ]


def is_public_app(addresses: Iterable[str]) -> bool:
    """Whether users elsewhere can open one of the app's addresses over https."""
    return any(url.lower().startswith("https:") and is_public(url) for url in addresses)


def sandbox_faults(named: Mapping[str, str]) -> list[str]:
    """A provider on this machine, for an app that is public.

    Args:
        named: the providers' addresses, by what the message calls them.
    """
    return [
        f"{label}: the callback URL is public, but this provider is on this machine, as a sandbox is. Anyone who "
        "reaches a sandbox can sign in as any user. Give the real provider's address; unset a VALETKEY_… variable."
        for label, url in named.items()
        if is_loopback(url) and origin_of(url) not in tests_sandboxes
    ]


def sandbox_mode_faults(sandbox_at: str | None, addresses: Iterable[str]) -> list[str]:
    """The sandbox mode of an app that is not on this machine. Settings that are made in Python may have it, too.

    Args:
        sandbox_at: the sandbox's origin. None: the mode is off.
        addresses: the app's.
    """
    if sandbox_at is None:
        return []
    if not is_loopback(sandbox_at):
        return ["VALETKEY_SANDBOX: the sandbox must be on this machine."]
    if all(url.lower().startswith("http:") and is_loopback(url) for url in addresses if url):
        return []
    return [
        "VALETKEY_SANDBOX: the app's address must be one of this machine over http, such as http://127.0.0.1:8000. "
        "At a sandbox anybody can sign in as anybody."
    ]
