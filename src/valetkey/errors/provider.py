"""Errors that the provider causes, or that the developer fixes in the provider's developer portal."""

from __future__ import annotations

from .base import ValetkeyError
from .developer import DeveloperError

BUSY_SECONDS = 15  # how long to wait after a 429 that does not say how long


class ProviderError(ValetkeyError):
    """The provider refused, did not answer, or sent something that cannot be trusted."""

    status = 502
    advice = "Wait a moment, then try again."
    can_retry = True


class ProviderUnavailable(ProviderError):
    code = "provider_unavailable"
    advice = "Nothing is wrong with your account."
    status = 503
    message = "The sign-in service does not answer right now. Please try again in a moment."
    hint = (
        "The provider could not be reached in time, or answered with a server error. The log says which. If it never "
        "works, check the provider's address in the settings, and the way from this server to it."
    )
    retry_after_seconds = 5


class ProviderBusy(ProviderError):
    code = "rate_limited"
    advice = "Nothing is wrong with your account."
    status = 429
    message = "Too many sign-ins at the moment. Please try again shortly."
    hint = (
        "The provider answered 429: the app's quota is used up until the time in Retry-After. Or this app's own limit "
        "on starts (VALETKEY_START_LIMIT) refused this one."
    )
    retry_after_seconds = BUSY_SECONDS


class TooManyStarts(ProviderBusy):
    """This app's own limit refused the start. Nothing was sent to the provider."""

    hint = (
        "VALETKEY_START_LIMIT: this client's network, or all clients together, started too many logins. Nothing was "
        "sent to the provider. Behind a proxy, name it in VALETKEY_PROXIES, or the limit cannot tell its clients apart."
    )


class ProviderRefusedKeys(ProviderError):
    code = "wrong_keys"
    developer = True
    advice = DeveloperError.advice
    can_retry = False
    message = "This app is not set up correctly for signing in."
    hint = (
        "The provider refused the app's keys. Check the client id and secret (OAuth 1.0a: the consumer key and secret) "
        "for swapped values, quotes, spaces and line ends, and whether the secret has expired or was replaced. An "
        "access token is neither. For Apple check also the team id, the key id and the private key."
    )


class CallbackNotApproved(ProviderError):
    code = "callback_not_approved"
    developer = True
    advice = DeveloperError.advice
    can_retry = False
    message = "This app is not set up correctly for signing in."
    hint = (
        "The provider does not know this callback URL. Its settings for the app must list exactly this URL: scheme, "
        "host (127.0.0.1 is not localhost), port, path and trailing slash. X allows at most ten. The app's type "
        "there must be a web app: a native app may not use a callback URL. The log names the URL that was sent."
    )


class AppNotAllowed(ProviderError):
    code = "app_not_allowed"
    developer = True
    advice = DeveloperError.advice
    can_retry = False
    message = "This app may not use the sign-in service at the moment."
    hint = (
        "The provider knows the app and does not let it do this: it is suspended, not enrolled, out of credits, or its "
        "access level is too low. The keys are not the cause. See the app's state in the provider's developer portal."
    )


class ClockOff(ProviderError):
    code = "clock_off"
    developer = True
    advice = DeveloperError.advice
    can_retry = False
    message = "This server's clock is wrong, so signing in does not work."
    hint = "Set the server's clock (NTP). The log names the difference in seconds."


class ProviderRefused(ProviderError):
    code = "provider_refused"
    advice = "If it happens again, wait a moment first."
    message = "The sign-in service did not accept this sign-in. Please start again."
    hint = (
        "The provider refused what the callback brought: the code, or in OAuth 1.0a the verifier and the request "
        "token. It is used, expired, or belongs to another app or callback URL. Or it refused to show the user's "
        "profile. The log says what the provider answered."
    )


class ProviderReplyInvalid(ProviderError):
    """The provider's reply is not what the protocol asks for. Provider records raise it, too."""

    code = "provider_reply_invalid"
    message = "The sign-in service gave an answer that could not be trusted."
    hint = (
        "The reply is not what the protocol asks for, so nothing in it was used. The log says what is wrong with it. "
        "If no sign-in with this provider works, check its address in the settings: an issuer counts to the letter."
    )


class Intercepted(ProviderReplyInvalid):
    """The reply is a page (HTML), or has a status that only a proxy sends. The code is that of the base class."""

    hint = (
        "The provider sends no such page. Something between this server and the provider answered, such as a proxy, a "
        "firewall (for example Cloudflare's) or a captive portal. Check the path from this server to the provider."
    )


class CallbackNotConfirmed(ProviderReplyInvalid):
    code = "callback_not_confirmed"
    developer = True
    advice = DeveloperError.advice
    can_retry = False
    hint = "The reply lacks oauth_callback_confirmed=true, spelled exactly so (RFC 5849 §2.1)."
