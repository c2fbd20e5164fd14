"""Errors that the app's developer or operator acts on: settings, addresses, the shape of a request, the database."""

from __future__ import annotations

from .base import ValetkeyError


class DeveloperError(ValetkeyError):
    """The app's developer must change something."""

    status = 400
    developer = True
    advice = "If this is your app, the details below say what to change."


class SettingsError(DeveloperError):
    """The settings are wrong. It is raised when the app starts, never at the first click."""

    code = "settings"
    status = 500
    message = "This app is not set up correctly for signing in."


class Misconfigured(SettingsError):
    """A request was not answered, because the start-up check fails. The log says why, once a minute."""

    hint = "The server's log says what to change."


class NotConfigured(SettingsError):
    """Required settings are not set, and none of those that are set is wrong."""


class BadRequest(DeveloperError):
    code = "bad_request"
    message = "The request could not be understood."
    hint = "A field is missing, repeated, too long or not text. See docs/http.md."


class NoAuthorizeLine(BadRequest):
    """A page that speaks OAuth 2.0 itself has its login from the provider and not from us."""


class UnlistedPage(BadRequest):
    """A page asks for a login that ends at an address that the settings do not list."""


class UnknownProvider(DeveloperError):
    code = "unknown_provider"
    status = 404
    message = "This app does not offer that way to sign in."
    hint = "The path names a provider that is not configured."


class NotFound(DeveloperError):
    code = "not_found"
    status = 404
    message = "There is nothing here."
    hint = "docs/http.md lists every route."


class AccountNotFound(DeveloperError):
    """Raised by the methods of ``sign_in.accounts`` and ``Admin.accounts``, and by no route."""

    code = "account_not_found"
    status = 404
    message = "There is no such account."
    hint = "No account has this id. It may have been deleted. 'valetkey accounts list' shows the accounts."


class MethodNotAllowed(DeveloperError):
    """The route exists and has no such method.

    Args:
        allowed: the methods that the route has, for the ``Allow`` header.
    """

    code = "method_not_allowed"
    status = 405
    message = "This address does not work that way."
    hint = "A login starts with POST, and HEAD never runs a callback. See docs/http.md."

    def __init__(self, *allowed: str) -> None:
        super().__init__()
        self.allowed = allowed


class UnsupportedBody(DeveloperError):
    code = "unsupported_media_type"
    status = 415
    message = "The request could not be understood."
    hint = "Send application/json or application/x-www-form-urlencoded."


class BodyTooLarge(DeveloperError):
    code = "body_too_large"
    status = 413
    message = "The request could not be understood."
    hint = "A body must not be larger than 16 KiB."


class WrongHost(DeveloperError):
    """The page is open at another host than the callback URL's, so that no login of it can land.

    Args:
        hint: replaces the class's own hint.
        url: the page's right address, if the settings name it. It is shown as a link.
    """

    code = "wrong_host"
    status = 403
    message = "Please open this page at its proper address."
    hint = (
        "The page is open at another host than the callback URL, and cookies do not cross hosts. Open it at the host "
        "of VALETKEY_URL: www.example.com is not example.com, and localhost is not 127.0.0.1."
    )

    def __init__(self, hint: str | None = None, *, url: str | None = None) -> None:
        super().__init__(hint)
        self.url = url


class WrongLoopbackName(WrongHost):
    """The page and the callback URL have two names of this machine, such as localhost and 127.0.0.1."""


class WrongPort(WrongHost):
    """The page is at another port of this machine, as the page of a development server is."""


class AppFailed(DeveloperError):
    code = "app_failed"
    can_retry = True
    status = 500
    message = "Something went wrong on our side. Please try again."
    hint = "The app's resolve_account raised an exception. The log has its traceback. The user was not signed in."


class StoreError(ValetkeyError):
    """The database failed. Nothing was issued that is not stored."""

    code = "store_unavailable"
    advice = "Nothing is wrong with your account."
    can_retry = True
    status = 503
    message = "Signing in is not possible right now. Please try again in a moment."
    hint = "The database is locked, full, read-only or unreachable. The log has the driver's message."
    retry_after_seconds = 2
