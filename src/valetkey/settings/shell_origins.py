"""Origins of pages that are not on the web: of an app in a shell, such as Capacitor, and of a browser extension.

How this works:

- A shell serves its pages by a scheme of its own, and the browser inside it sends ``Origin: capacitor://localhost``.
  Such an origin names the shell and not the app: every other app in the same shell has it, too. So it proves nothing
  about who asks. An extension's origin has the id that its store has given it, and no other extension has it.
- A request from such a page is accepted, so that CORS lets the page read the answer, and for nothing more: it needs
  token delivery, cookies that come with it do not count, and its login lands with the verifier only.
- ``null`` and ``file://`` are what any local file and any sandboxed frame sends. They are never accepted.
- A scheme that is not listed here is refused, because a browser may send it for other pages, too. A shell that can
  choose its scheme takes a reversed domain name, such as ``com.example.app`` (RFC 8252 §7.1).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Of these, several apps on a device may have the same origin.
_SHELLS = frozenset({"app", "capacitor", "ionic", "tauri"})
_REVERSED_DOMAIN = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")
_HOST = re.compile(r"[a-z0-9._-]{1,253}")
_EXTENSION_HOSTS = {
    "chrome-extension": (re.compile(r"[a-p]{32}"), "the extension's id, 32 letters from a to p"),
    "moz-extension": (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "the id of this one installation"),
}
# Tauri serves its pages at this name on Windows and Android, and to the rest of the machine it is loopback.
_TAURI_ON_THE_WEB = re.compile(r"https?://tauri\.localhost(/.*)?")
_PATH = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*/?")


def is_shell_origin(origin: str) -> bool:
    """Whether an origin of the settings is that of a shell or an extension.

    Args:
        origin: as browsers write it.
    """
    return not origin.startswith(("http://", "https://")) or _TAURI_ON_THE_WEB.fullmatch(origin) is not None


def any_app_may_claim(origin: str) -> bool:
    """Whether a system may hand an address of this origin to another app than the one that the settings mean.

    Args:
        origin: as browsers write it.
    """
    return is_shell_origin(origin) and not is_extension_page(origin)


def is_extension_page(url: str) -> bool:
    """Whether an address of the settings is in a browser extension."""
    return url.partition("://")[0].lower() in _EXTENSION_HOSTS


def has_shell_form(url: str) -> bool:
    """Whether an address of a setting is to be judged by this module: it has a scheme that is not one of the web."""
    scheme, separator, _ = url.lower().partition("://")
    has_own_scheme = separator != "" and scheme not in ("http", "https", "")
    return has_own_scheme or url == "null" or _TAURI_ON_THE_WEB.fullmatch(url.lower()) is not None


def origin_faults(label: str, url: str) -> list[str]:
    """What keeps an address from being the origin of a shell or an extension. A slash at the end is ignored.

    Args:
        label: the name of the setting, for the messages.
        url: the address.

    Returns:
        Sentences; empty if the address is such an origin.
    """
    faults = page_faults(label, url)
    if not faults and urlsplit(url).path not in ("", "/"):
        faults = [f"{label}: give an origin only (scheme and host), without a path."]
    return faults


def page_faults(label: str, url: str) -> list[str]:
    """What keeps an address from being a page of a shell or an extension.

    Args:
        label: the name of the setting, for the messages.
        url: the address.

    Returns:
        Sentences; empty if the address is such a page.
    """
    scheme, _, rest = url.lower().partition("://")
    host, slash, path = rest.partition("/")
    if scheme in ("null", "file"):
        return [
            f"{label}: give a full address. null and file:// are the origin of every local file and of every sandboxed "
            "frame, so they name no app. Let the shell serve its pages by a scheme of its own (docs/shells.md)."
        ]
    if scheme == "safari-web-extension":
        return [
            f"{label}: give a full address that all users have. Safari gives an extension another origin on each "
            "device. Let its users sign in on a page of your website."
        ]
    if scheme in _EXTENSION_HOSTS:
        pattern, meaning = _EXTENSION_HOSTS[scheme]
        if not pattern.fullmatch(host):
            return [f"{label}: give a full address: {scheme}://, then {meaning}."]
    elif scheme in _SHELLS or _REVERSED_DOMAIN.fullmatch(scheme) or scheme in ("http", "https"):
        if "*" in host:
            return [f"{label}: a shell sends one origin and never a pattern: list each of them, separated by commas."]
        if not _HOST.fullmatch(host):
            return [f"{label}: give scheme and host only, such as capacitor://localhost, without a port."]
    else:
        return [
            f"{label}: give a full address with a scheme that an app can be known by: https, capacitor, ionic, tauri, "
            "app, chrome-extension, or a reversed domain name such as com.example.app (docs/shells.md)."
        ]
    if not _PATH.fullmatch(f"{slash}{path}"):
        return [f"{label}: no query, fragment, space or quote belongs there."]
    return []


def delivery_faults(delivery: str, relay: str | None, origins: tuple[str, ...]) -> list[str]:
    """Shells without what their pages need.

    Args:
        delivery: ``cookie`` or ``token``.
        relay: the address of the relay page.
        origins: the origins of the settings, as browsers write them.
    """
    shells = [one for one in origins if is_shell_origin(one)]
    if not shells or (delivery == "token" and relay is not None):
        return []
    return [
        f"VALETKEY_ORIGINS: no cookie reaches a page on {shells[0]}, which is not on this site. It gets its session as "
        "a token, by way of a relay page: set VALETKEY_DELIVERY=token and VALETKEY_RELAY (docs/shells.md)."
    ]
