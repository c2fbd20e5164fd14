"""Which providers the sandbox plays, and the environment variables that point an app at each."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol
from urllib.parse import urlsplit

from . import catalogue
from .fronts import Front
from .oauth1 import X1
from .oauth2 import X2, Discord, Facebook, GitHub, credentials_of
from .openid import Acme, Apple, GitLab, Google, Microsoft
from .personas import X
from .settings import SandboxSettings
from .state import State

_MAIN = (Google, GitHub, Apple, Microsoft, Acme, X2, Discord, Facebook, GitLab)
PROVIDERS: tuple[str, ...] = (X, *(one.name for one in _MAIN))
"""The providers that ``valetkey sandbox`` prints, if it is not asked for others."""
CATALOGUE: tuple[str, ...] = tuple(sorted(one.name for one in iter_modules(catalogue.__path__)))
"""The other ones that it plays."""


class FrontClass(Protocol):
    """A front's class."""

    name: str
    path: str

    def __call__(self, state: State) -> Front: ...

    def environment(self, settings: SandboxSettings) -> dict[str, str]:
        """Return the environment variables that point an app at this provider."""
        ...


def class_of(name: str) -> FrontClass:
    """Return a provider's class. X over OAuth 1.0a, at the root, is none of them.

    Raises:
        ValueError: the sandbox plays no such provider.
    """
    found = next((one for one in _MAIN if one.name == name), None)
    if found is not None:
        return found
    if name not in CATALOGUE:
        raise ValueError(f"The sandbox plays no {name!r}; there are {', '.join((*PROVIDERS, *CATALOGUE))}.")
    front: FrontClass = import_module(f"{catalogue.__name__}.{name}").FRONT
    return front


class PlayedFronts:
    """The fronts of one sandbox. See ``fronts.Fronts``.

    Args:
        state: of the sandbox.
        more: classes of further fronts. The path of each is its name.
    """

    def __init__(self, state: State, more: Sequence[FrontClass] = ()) -> None:
        self._state = state
        self._made: dict[str, Front] = {X: X1(state)}
        self._made |= {one.name: one(state) for one in more}
        known: tuple[FrontClass, ...] = (*_MAIN, *more)
        self._names = {urlsplit(one.path).path.strip("/"): one.name for one in known}

    @property
    def made(self) -> Sequence[Front]:
        """Those that were asked for until now."""
        return list(self._made.values())

    @property
    def secrets(self) -> Sequence[str]:
        """The secrets that the clients have from the start."""
        rest = [name for name in (*PROVIDERS, *CATALOGUE) if name not in self._made]
        known = [credentials_of(name)["client_secret"] for name in rest]
        return [*(one for front in self._made.values() for one in front.secrets), *known]

    def every(self) -> Sequence[Front]:
        """Make all of them."""
        return [self.named(name) for name in (*PROVIDERS, *CATALOGUE)]

    def named(self, name: str) -> Front:
        """Return one."""
        if name not in self._made:
            self._made[name] = class_of(name)(self._state)
        return self._made[name]

    def at(self, url: str) -> Front:
        """Return the one that an address belongs to: its path begins with the provider's name."""
        path = urlsplit(url).path
        if not path.startswith("/"):
            raise ValueError(f"no provider is at {path}")
        first = path.split("/")[1]
        return self.named(self._names.get(first, first if first in CATALOGUE else X))


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
        provider: one of ``PROVIDERS`` or ``CATALOGUE``.

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
    return class_of(provider).environment(settings)
