"""The providers that the sandbox plays, as tests name them: how an app is pointed at one, and what a login at one is.

``at_both`` and ``at_each`` play a test at several of them, or a file: ``pytestmark = at_both``. The fixtures
``provider``, ``browser``, ``fleet`` and what is built on them follow.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

from valetkey.testing.sandbox import SandboxSettings, environment_of


@dataclass(frozen=True)
class Front:
    """A provider of the sandbox.

    Args:
        name: the provider's name at the app, and in the sandbox's journal.
        title: on its button.
        path: where it is in the sandbox.
        names: the parameter by which a login is found, in its start and its callback.
        exchange: the endpoint, as the journal has it, where what the user approved is exchanged.
        proof: the parameter that says that the user approved, in callback and exchange.
        shows: what a page shows of Ada and of Bare after they signed in: a handle, or the name where there is none.
        draws: the parameters of an address for the user that must be new at each start.
    """

    name: str
    title: str
    path: str
    names: str = "state"
    exchange: str = "token"
    proof: str = "code"
    draws: tuple[str, ...] = ("state", "code_challenge")
    shows: tuple[str, str] = ("@ada", "@bare")


X = Front("twitter", "X", "", "oauth_token", "access_token", "oauth_verifier", ("oauth_token",))
WITH_NONCE = ("state", "code_challenge", "nonce")
FRONTS = {
    one.name: one
    for one in (
        X,
        Front("github", "GitHub", "/github"),
        Front("facebook", "Facebook", "/facebook", shows=("Ada Example", "Bare Minimum")),
        Front("microsoft", "Microsoft", "/microsoft", draws=WITH_NONCE, shows=("Ada Example", "Bare Minimum")),
        Front("spotify", "Spotify", "/spotify", shows=("Ada Example", "Bare Minimum")),
        Front("acme", "Acme", "/oidc", draws=WITH_NONCE),
        Front("google", "Google", "/google", draws=WITH_NONCE, shows=("Ada Example", "Bare Minimum")),
        Front("apple", "Apple", "/apple", draws=WITH_NONCE, shows=("Ada Example", "Bare Minimum")),
    )
}

# Beside X over OAuth 1.0a: OpenID Connect, where the ID token says who the user is; and OAuth 2.0 alone, where a
# profile request does, which is part of the exchange.
FURTHER = ("acme", "github")
BOTH = ("twitter", "acme")
EACH = ("twitter", *FURTHER)
ONLY = os.environ.get("VALETKEY_FRONT")  # the long forms are of one provider each
at_both = pytest.mark.parametrize("front", (ONLY,) if ONLY else BOTH, indirect=True)
at_each = pytest.mark.parametrize("front", (ONLY,) if ONLY else EACH, indirect=True)


def variables(sandbox: SandboxSettings, names: Sequence[str]) -> dict[str, str]:
    """The variables by which an app that has X has further providers."""
    found = {"VALETKEY_PROVIDERS": ",".join(["twitter", *names])}
    for name in names:
        found |= environment_of(sandbox, name)
    return found


def callbacks(base: str, names: Iterable[str]) -> list[str]:
    """What an app registers at them. Apple posts its answer."""
    return [f"{base}/auth/{name}/return" if name == "apple" else f"{base}/auth/{name}" for name in names]


@pytest.fixture
def front(request: pytest.FixtureRequest) -> str:
    """The provider that a test is about: X, unless it is parametrised."""
    return str(getattr(request, "param", ONLY or "twitter"))
