"""What can go wrong, by who must act.

Every failure has a stable code, an HTTP status, a sentence for the person and a hint for the developer. Messages
name keys, headers and addresses; they never carry a value that came from a browser or a provider.

    ValetkeyError
    ├── PersonError           the person signing in acts: click again, allow cookies, use the same browser
    ├── ProviderError         the provider acts, or the developer in the provider's settings
    ├── DeveloperError        the app's developer acts: settings, addresses, the shape of a request
    ├── StoreError            the database acts, or whoever looks after it
    └── RefusedError          nobody acts: this was an attack, or looks exactly like one
"""

from __future__ import annotations

import re
from typing import ClassVar


class ValetkeyError(Exception):
    """The root. ``code`` is stable, ``status`` is HTTP's, ``retry_after_seconds`` is set where waiting helps."""

    code: str = "internal_error"
    status: ClassVar[int] = 500
    message: str = "Something went wrong on our side."
    hint: ClassVar[str] = "The server's log has the traceback."
    wait_seconds: ClassVar[int | None] = None

    def __init__(self, hint: str | None = None, *, retry_after_seconds: int | None = None) -> None:
        self.explanation = hint or self.hint
        self.retry_after_seconds = retry_after_seconds or self.wait_seconds
        super().__init__(f"{self.code}: {self.explanation}")


class PersonError(ValetkeyError):
    """The person signing in can do something about it."""

    status = 400


class Denied(PersonError):
    code = "denied"
    status = 403
    message = "You chose not to sign in."
    hint = "The person pressed Cancel at the provider. Nothing to fix."


class Expired(PersonError):
    code = "expired"
    status = 410
    message = "This sign-in took too long. Please start again."
    hint = "A login must come back within ten minutes of its start, and its link works once."


class Interrupted(PersonError):
    code = "interrupted"
    status = 409
    message = "The sign-in was interrupted. Please start again."
    hint = "The server that was finishing this login stopped, or the person signed out meanwhile."


class AnotherBrowser(PersonError):
    code = "another_browser"
    status = 409
    message = "This sign-in was started in another browser."
    hint = "The callback came without the cookie of the login that began it; on phones an app may have taken over."


class CookiesBlocked(PersonError):
    code = "cookies_blocked"
    status = 409
    message = "This browser sent no cookies, so the sign-in could not be matched to it."
    hint = "No cookie at all came with the callback. Cookies are blocked, or the page was opened on another host."


class AccountDisabled(PersonError):
    code = "account_disabled"
    status = 403
    message = "This account has been disabled."
    hint = "The app disabled the account. To let it sign in again: valetkey accounts enable ID"


class SignInRefused(PersonError):
    """For an app to raise in ``resolve_account``: this person is not to be signed in.

    Args:
        code: stable, lower case and underscores, such as ``sign_up_closed``.
        message: a sentence for the person.
    """

    code = "sign_in_refused"
    status = 403
    message = "You cannot sign in here."
    hint = "The app's own resolve_account refused."

    def __init__(self, code: str | None = None, message: str | None = None) -> None:
        if code is not None:
            if not re.fullmatch(r"[a-z][a-z_]{0,39}", code):
                raise ValueError("a code has at most 40 lower-case letters and underscores")
            self.code = code
        if message is not None:
            self.message = message
        super().__init__()


class IdentityTaken(PersonError):
    code = "identity_taken"
    status = 409
    message = "This sign-in belongs to another account already."
    hint = "An identity has one account and is never moved. Sign in with it and unlink it there first."


class LastIdentity(PersonError):
    code = "last_identity"
    status = 409
    message = "This is your only way to sign in, so it stays."
    hint = "Link another identity before you unlink this one."


class WhichIdentity(PersonError):
    code = "which_identity"
    status = 409
    message = "There are several of these. Say which one shall go."
    hint = "The account has several identities of this provider: send the subject, too."


class NotLinked(PersonError):
    code = "not_linked"
    status = 404
    message = "That is not linked to your account."
    hint = "The account has no such identity."


class ReauthRequired(PersonError):
    code = "reauth_required"
    status = 403
    message = "Please sign in again before you do this."
    hint = "Linking asks for a session that was opened less than ten minutes ago."


class SessionChanged(PersonError):
    code = "session_changed"
    status = 409
    message = "You are not signed in as you were. Please start again."
    hint = (
        "A login ends with the session that its page held when it began, and a link must come back to that very "
        "session. In between, somebody signed out, or signed in as another user."
    )


class SuspendedAtProvider(PersonError):
    code = "suspended_at_provider"
    status = 403
    message = "The sign-in service has suspended or locked your account. Please sign in there first to see why."
    hint = "The provider has suspended or locked the person's own account with it. Nothing to fix in the app."


class NotSignedIn(PersonError):
    code = "not_signed_in"
    status = 401
    message = "You are not signed in."
    hint = "Send the session cookie, or the pass as 'Authorization: Bearer'."


class ProviderError(ValetkeyError):
    """The provider said no, said nothing, or said something that cannot be believed."""

    status = 502


class ProviderUnavailable(ProviderError):
    code = "provider_unavailable"
    status = 503
    message = "The sign-in service does not answer right now. Please try again in a moment."
    hint = "The provider could not be reached in time, or answered with a server error."
    wait_seconds = 5


class ProviderBusy(ProviderError):
    code = "rate_limited"
    status = 429
    message = "Too many sign-ins at the moment. Please try again shortly."
    hint = (
        "The provider answered 429: the app's quota with it is spent until the time in Retry-After. Or this app's own "
        "limit on starts (VALETKEY_START_LIMIT) refused this one."
    )
    wait_seconds: ClassVar[int] = 15


class TooManyStarts(ProviderBusy):
    """This app's own limit, and not the provider's: nothing was sent."""

    hint = (
        "VALETKEY_START_LIMIT: this client's network, or all clients together, started too many logins. Nothing was "
        "sent to the provider. Behind a proxy, name it in VALETKEY_PROXIES, or the limit cannot tell its clients apart."
    )


class ProviderRefusedKeys(ProviderError):
    code = "wrong_keys"
    message = "This app is not set up correctly for signing in."
    hint = (
        "The provider refused the app's keys. Check the consumer key and secret for swapped values, quotes, "
        "spaces and line ends; after 'regenerate' the old ones are dead. An access token is not a consumer key."
    )


class CallbackNotApproved(ProviderError):
    code = "callback_not_approved"
    message = "This app is not set up correctly for signing in."
    hint = (
        "The provider does not know this callback URL. It must stand in the app's settings there to the letter: "
        "scheme, host (127.0.0.1 is not localhost), port, path and trailing slash. At most ten are allowed. The app's "
        "type there must be a web app: a native app may not use a callback URL. The log names the URL that was sent."
    )


class AppNotAllowed(ProviderError):
    code = "app_not_allowed"
    message = "This app may not use the sign-in service at the moment."
    hint = (
        "The provider knows the app and does not let it do this: it is suspended, not enrolled, out of credits, or its "
        "access level is too low. The keys are not the cause. See the app's state in the provider's developer portal."
    )


class ClockOff(ProviderError):
    code = "clock_off"
    message = "This server's clock is wrong, so the sign-in service refused it."
    hint = "Set the server's clock (NTP). The log names the difference in seconds."


class ProviderRefused(ProviderError):
    code = "provider_refused"
    message = "The sign-in service did not accept this sign-in. Please start again."
    hint = "The provider refused the verifier or the request token: already used, expired, or of another app."


class ProviderNonsense(ProviderError):
    code = "provider_reply_invalid"
    message = "The sign-in service gave an answer that could not be trusted."
    hint = (
        "The reply was not what the protocol prescribes, so nothing was taken from it. The log names its status and "
        "its kind."
    )


class Intercepted(ProviderNonsense):
    """The reply is a page (HTML), or a status that only a proxy sends. It has the code of its parent."""

    hint = (
        "The provider sends no such page: something between this server and the provider answered, such as a proxy, a "
        "firewall (Cloudflare's, say) or a captive portal. Check the path from this server to the provider."
    )


class CallbackNotConfirmed(ProviderNonsense):
    code = "callback_not_confirmed"
    hint = "The reply lacks oauth_callback_confirmed=true, exactly so (RFC 5849 §2.1)."


class DeveloperError(ValetkeyError):
    """The app's developer acts."""

    status = 400


class SettingsError(DeveloperError):
    """Raised at start, never at the first click."""

    code = "settings"
    status = 500
    message = "This app is not set up correctly for signing in."


class BadRequest(DeveloperError):
    code = "bad_request"
    message = "The request could not be understood."
    hint = "A field is missing, repeated, too long or not text."


class UnknownProvider(DeveloperError):
    code = "unknown_provider"
    status = 404
    message = "There is no such way to sign in here."
    hint = "The path names a provider that is not configured."


class NotFound(DeveloperError):
    code = "not_found"
    status = 404
    message = "There is nothing here."
    hint = "See the table of requests in the documentation."


class MethodNotAllowed(DeveloperError):
    code = "method_not_allowed"
    status = 405
    message = "This address does not work that way."
    hint = "A login begins with POST, and HEAD never runs a callback."

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
    hint = "A body may have 16 KiB."


class WrongHost(DeveloperError):
    code = "wrong_host"
    status = 403
    message = "Please open this page at its proper address."


class AppFailed(DeveloperError):
    code = "app_failed"
    status = 500
    message = "Something went wrong on our side. Please try again."
    hint = "The app's own resolve_account raised; the log has its traceback. Nobody was signed in by half."


class StoreError(ValetkeyError):
    """The database did not do its part; nothing was issued that it did not keep."""

    code = "store_unavailable"
    status = 503
    message = "Signing in is not possible right now. Please try again in a moment."
    hint = "The database is locked, full, read-only or away. The log has the driver's words."
    wait_seconds = 2


class RefusedError(ValetkeyError):
    """Refused without regret."""

    status = 403
    message = "This request was refused for your safety."


class ForeignOrigin(RefusedError):
    code = "foreign_origin"
    hint = (
        "The request did not come from a page of this app. Allowed are Sec-Fetch-Site: same-origin, the callback "
        "URL's own origin, and the origins listed in VALETKEY_ORIGINS."
    )


class ClassicCrossOrigin(RefusedError):
    code = "classic_cross_origin"
    hint = (
        "A page that begins a login by a JSON request must be on the callback URL's origin, or on an origin of "
        "VALETKEY_ORIGINS on the same site that sends credentials with both its requests: credentials: 'include' for "
        "fetch; for satellizer $httpProvider.defaults.withCredentials = true, which reaches the first, and "
        "$authProvider.withCredentials = true, which reaches the second. From any other site, sign in with the "
        "module, /auth/client.js, which needs no such cookie."
    )


class CodeRefused(RefusedError):
    code = "code_refused"
    hint = (
        "The one-time code of the relay page works once, within a minute, and together with the verifier of the page "
        "that began the login (RFC 7636)."
    )


class ForeignToken(RefusedError):
    code = "foreign_token"
    hint = "The token that came back is not the one issued to this login (RFC 5849 §2.2)."


class WrongProvider(RefusedError):
    code = "wrong_provider"
    hint = "The login began with another provider than the one whose callback this is."


class NotANavigation(RefusedError):
    code = "not_a_navigation"
    hint = "A login begins and comes back in a window of its own: never in a frame, and never for a prefetch."


class NeverANavigation(RefusedError):
    code = "never_a_navigation"
    hint = "The session is read by a script with fetch; it is not a page."


def known_errors() -> dict[str, type[ValetkeyError]]:
    """Every code with its class; an outcome that was sealed or stored by its code finds its words again here."""
    found: dict[str, type[ValetkeyError]] = {}
    waiting: list[type[ValetkeyError]] = [ValetkeyError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        # The class that names the code itself, not one that inherits it.
        if "code" in vars(kind):
            found[kind.code] = kind
    return found


def error_by_code(code: str) -> ValetkeyError:
    """The error a code stands for; an unknown code (of a newer version, or forged) is an interruption."""
    return known_errors().get(code, Interrupted)()
