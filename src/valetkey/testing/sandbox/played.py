"""Which providers the sandbox plays, and the environment variables that point an app at each."""

from __future__ import annotations

from .oauth2 import X2, Discord, Facebook, GitHub, OAuth2Front
from .openid import Acme, Apple, GitLab, Google, Microsoft
from .personas import X
from .settings import SandboxSettings

PLAYED: tuple[type[OAuth2Front], ...] = (Google, GitHub, Apple, Microsoft, Acme, X2, Discord, Facebook, GitLab)
PROVIDERS: tuple[str, ...] = (X, *(one.name for one in PLAYED))


def environment(settings: SandboxSettings, callback: str) -> dict[str, str]:
    """Return the environment variables that point an app at the sandbox's X, over OAuth 1.0a.

    Args:
        settings: of the sandbox.
        callback: the app's callback URL.
    """
    variables = environment_of(settings, X)
    keys = ("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET")
    return {**{name: variables[name] for name in keys}, "TWITTER_CALLBACK_URL": callback, **variables}


def environment_of(settings: SandboxSettings, provider: str) -> dict[str, str]:
    """Return the environment variables that point an app at one provider of the sandbox.

    They do not say which providers the app has, nor its address: that is for ``VALETKEY_PROVIDERS`` and
    ``VALETKEY_URL``.

    Args:
        settings: of the sandbox.
        provider: one of ``PROVIDERS``.

    Raises:
        ValueError: the sandbox plays no such provider.
    """
    if provider == X:
        return {
            "TWITTER_CONSUMER_KEY": settings.consumer_key,
            "TWITTER_CONSUMER_SECRET": settings.consumer_secret,
            "VALETKEY_TWITTER_API": settings.origin,
            "VALETKEY_TWITTER_BROWSER": settings.origin,
        }
    played = next((one for one in PLAYED if one.name == provider), None)
    if played is None:
        raise ValueError(f"The sandbox plays no {provider!r}; there are {', '.join(PROVIDERS)}.")
    return played.environment(settings)
