"""Errors on which no one needs to act: the request is an attack, or looks like one."""

from __future__ import annotations

from .base import ValetkeyError
from .developer import DeveloperError


class RefusedError(ValetkeyError):
    """The request is refused to protect the user."""

    status = 403
    message = "This request was refused for your safety."
    advice = "Close this window and start again from the app."


class ForeignOrigin(RefusedError):
    code = "foreign_origin"
    developer = True
    advice = DeveloperError.advice
    hint = (
        "The request did not come from a page of this app. Allowed are Sec-Fetch-Site: same-origin, the callback "
        "URL's own origin, and the origins listed in VALETKEY_ORIGINS."
    )


class ForeignPort(ForeignOrigin):
    """The page is on the host of the app, at another port or scheme."""

    hint = (
        "The page is on the callback URL's host, but its origin is another one: the scheme or the port differs. If it "
        "is a page of this app on https, list its origin in VALETKEY_ORIGINS. If it is open over http, redirect it to "
        "https."
    )


class NoOrigin(ForeignOrigin):
    """The request says nothing about the page that sent it."""

    hint = (
        "The request has neither Origin nor Sec-Fetch-Site. A browser sends at least one of them, so a proxy in front "
        "of the app may remove them: let it pass both on. A program that is no browser must send the app's own origin "
        "as Origin."
    )


class OpaqueOrigin(ForeignOrigin):
    """The request says ``Origin: null``."""

    hint = (
        "The request says Origin: null. A browser writes that for a page of another site with Referrer-Policy: "
        "no-referrer, for a sandboxed frame, and for a page from a file. Open the page from its server."
    )


class ClassicCrossOrigin(RefusedError):
    code = "classic_cross_origin"
    developer = True
    advice = DeveloperError.advice
    hint = (
        "A page that makes its requests itself must be on the callback URL's origin, or on an origin of "
        "VALETKEY_ORIGINS on the same site that sends credentials with both its requests: credentials: 'include' for "
        "fetch; for satellizer $httpProvider.defaults.withCredentials = true, which affects the first, and "
        "$authProvider.withCredentials = true, which affects the second. From any other site, sign in with the "
        "module, /auth/client.js, which needs no such cookie."
    )


class CodeRefused(RefusedError):
    code = "code_refused"
    hint = (
        "A one-time code works once and within a minute: that of a relay page together with the verifier of the page "
        "that started the login (RFC 7636), that of a classic page together with the login's cookie."
    )


class ForeignToken(RefusedError):
    code = "foreign_token"
    advice = "Start the sign-in again."
    can_retry = True
    hint = (
        "The request token or the state that came back is not the one of this login (RFC 5849 §2.2, RFC 6749 §10.12)."
    )


class WrongProvider(RefusedError):
    code = "wrong_provider"
    advice = "Start the sign-in again."
    can_retry = True
    hint = "The login started with another provider than the one that this callback belongs to."


class NotANavigation(RefusedError):
    code = "not_a_navigation"
    developer = True
    advice = DeveloperError.advice
    hint = "A login starts and comes back in a window of its own, never in a frame and never for a prefetch."


class NeverANavigation(RefusedError):
    code = "never_a_navigation"
    developer = True
    advice = DeveloperError.advice
    hint = "A script reads the session with fetch. It is not a page."
