"""Errors that the user can act on: click again, allow cookies, use the same browser."""

from __future__ import annotations

import re

from .base import ValetkeyError, known_errors


class UserError(ValetkeyError):
    """The user can do something about it."""

    status = 400


class Denied(UserError):
    code = "denied"
    advice = "If you did not mean to, try again."
    can_retry = True
    status = 403
    message = "You chose not to sign in."
    hint = "The user pressed Cancel at the provider. There is nothing to fix."


class Expired(UserError):
    code = "expired"
    advice = "A sign-in must be finished within ten minutes."
    can_retry = True
    status = 410
    message = "This sign-in took too long. Please start again."
    hint = "The callback must come within ten minutes of the start, and it works once."


class Interrupted(UserError):
    code = "interrupted"
    can_retry = True
    status = 409
    message = "The sign-in was interrupted. Please start again."
    hint = "The server that was finishing this login stopped, or the user signed out in the meantime."


class AnotherBrowser(UserError):
    code = "another_browser"
    advice = "Go back to that browser, or sign in here."
    can_retry = True
    status = 409
    message = "This sign-in was started in another browser."
    hint = (
        "The callback came without the cookie of the login that it belongs to. On phones, an app may have taken over."
    )


class CookiesBlocked(UserError):
    code = "cookies_blocked"
    advice = "Allow cookies for this site, then sign in again."
    can_retry = True
    status = 409
    message = "This browser sent no cookies, so the sign-in could not be matched to it."
    hint = "The callback came without any cookie. Cookies are blocked, or the page was opened on another host."


class AccountDisabled(UserError):
    code = "account_disabled"
    advice = "If you think that this is a mistake, contact the people who run this app."
    status = 403
    message = "This account has been disabled."
    hint = "The app disabled the account. To let it sign in again: valetkey accounts enable ID"


class SignInRefused(UserError):
    """Raise it in ``resolve_account`` to refuse a user, for example because sign-up is closed.

    Args:
        code: a stable name of at most 40 lower-case letters and underscores, such as ``sign_up_closed``.
        message: one sentence for the user.

    Raises:
        ValueError: the code has other characters or is too long.
    """

    code = "sign_in_refused"
    advice = "If you think that this is a mistake, contact the people who run this app."
    status = 403
    message = "You cannot sign in here."
    hint = "The app's resolve_account refused this user."

    def __init__(self, code: str | None = None, message: str | None = None) -> None:
        if code is not None:
            if not re.fullmatch(r"[a-z][a-z_]{0,39}", code):
                raise ValueError("a code has at most 40 lower-case letters and underscores")
            self.code = code
        if message is not None:
            self.message = message
        super().__init__()


class IdentityTaken(UserError):
    code = "identity_taken"
    advice = "Sign in with it, and unlink it there first."
    status = 409
    message = "This sign-in belongs to another account already."
    hint = "An identity belongs to one account and never moves by itself. Sign in with it and unlink it there first."


class LastIdentity(UserError):
    code = "last_identity"
    status = 409
    message = "This is your only way to sign in, so it stays."
    hint = "Link another identity before you unlink this one."


class WhichIdentity(UserError):
    code = "which_identity"
    status = 409
    message = "There are several of these. Say which one to remove."
    hint = "The account has several identities of this provider. Send the subject as well."


class NotLinked(UserError):
    code = "not_linked"
    status = 404
    message = "That is not linked to your account."
    hint = "The account has no such identity."


class ReauthRequired(UserError):
    code = "reauth_required"
    advice = "Sign out, sign in again, and repeat what you were doing."
    status = 403
    message = "Please sign in again before you do this."
    hint = "Linking needs a session that was opened less than ten minutes ago."


class SessionChanged(UserError):
    code = "session_changed"
    can_retry = True
    status = 409
    message = "You signed out or changed accounts during this sign-in. Please start again."
    hint = (
        "A login ends together with the session that its page had when it started, and a link must come back to that "
        "same session. In the meantime, the user signed out or signed in to another account."
    )


class SuspendedAtProvider(UserError):
    code = "suspended_at_provider"
    status = 403
    message = "The sign-in service has suspended or locked your account. Please sign in there first to see why."
    hint = "The provider has suspended or locked the user's account there. There is nothing to fix in the app."


class NotSignedIn(UserError):
    code = "not_signed_in"
    status = 401
    message = "You are not signed in."
    hint = "Send the session cookie, or the session token as 'Authorization: Bearer'."


def error_by_code(code: str) -> ValetkeyError:
    """Return the error that has a code.

    Args:
        code: as a login has stored or sealed it. An unknown code comes from a newer version or from an attacker.

    Returns:
        A new error. For an unknown code, ``Interrupted``.
    """
    return known_errors().get(code, Interrupted)()
