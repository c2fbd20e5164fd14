"""The errors that the browser module finds by itself, for the page that explains every code and for reports.

The module rejects with one of these codes where no answer of the backend is the cause. client/README.md says when.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModuleError:
    """An error of the module.

    Args:
        code: as in ``SignInError.code``.
        message: what it means, in one sentence.
        hint: what the developer can do.
        developer: whether the app's developer must act. The module reports such an error.
    """

    code: str
    message: str
    hint: str
    developer: bool = False


MODULE_ERRORS = (
    ModuleError(
        "popup_blocked",
        "The browser blocked the sign-in window.",
        "Call signIn in the click handler itself, and await nothing before it. Without mode: 'popup' the tab signs in "
        "where no window can be opened; a frame never does.",
    ),
    ModuleError(
        "browser_error",
        "The browser lacks something that signing in needs, or there is no page.",
        "Call the module in a browser, and not while a server renders the page.",
    ),
    ModuleError(
        "cancelled",
        "The user closed the window or cancelled, or your app did.",
        "There is nothing to fix.",
    ),
    ModuleError(
        "network",
        "The server could not be reached for half a minute.",
        "Check that the backend runs, and that the page asks it at the right address.",
    ),
    ModuleError(
        "blocked_by_csp",
        "The page's Content-Security-Policy blocks the sign-in.",
        "The policy must allow the backend's origin in form-action and connect-src, and in script-src and style-src if "
        "the module comes from there.",
        developer=True,
    ),
    ModuleError(
        "third_party_context",
        "The page is on another site than the backend, or in a frame of another site, and the browser keeps the "
        "backend's cookies from it.",
        "Serve the page from another origin than the backend, with VALETKEY_DELIVERY=token and a relay page, "
        "VALETKEY_RELAY (docs/deployment.md), or open the app in a tab of its own.",
        developer=True,
    ),
    ModuleError(
        "unexpected_answer",
        "For a minute, something else than valetkey answered at its address.",
        "A proxy, a service worker or the app's own routes may answer below /auth. The hint in the console names the "
        "method, the address, the status and the type of the answer.",
        developer=True,
    ),
    ModuleError(
        "insecure_page",
        "The page is not secure, so that the browser offers no cryptography to it.",
        "Token delivery needs crypto.subtle. Serve the page over https, or open it at localhost or 127.0.0.1.",
        developer=True,
    ),
)
