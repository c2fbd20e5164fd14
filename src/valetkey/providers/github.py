"""GitHub, over OAuth 2.0 (docs.github.com, "Authorizing OAuth apps").

The profile says who the user is: ``id`` never changes. ``login`` may be renamed, and then another user may take it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..crypto import Secret
from .record import Colors, Fields, OAuth2Record, number
from .record.claims import is_loopback, primary_email
from .record.provider import Provider

describe_email = partial(primary_email, verified="verified")  # docs.github.com/rest/users/emails

_RECORD = OAuth2Record(
    name="github",
    title="GitHub",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M12 .3a12 12 0 0 0-3.8 23.38c.6.12.83-.26.83-.57L9 21.07c-3.34.72-4.04-1.61-4.04-1.61-.55-1.39-1.34-1.76-1.34-"
        "1.76-1.08-.74.09-.73.09-.73 1.2.09 1.84 1.24 1.84 1.24 1.07 1.83 2.8 1.3 3.49 1 .1-.78.42-1.31.76-1.61-2.66-.3"
        "-5.47-1.33-5.47-5.93 0-1.31.47-2.38 1.24-3.22-.14-.3-.54-1.52.1-3.18 0 0 1-.32 3.3 1.23a11.5 11.5 0 0 1 6 0c2."
        "28-1.55 3.29-1.23 3.29-1.23.64 1.66.24 2.88.12 3.18a4.7 4.7 0 0 1 1.23 3.22c0 4.61-2.8 5.63-5.48 5.92.42.36.81"
        " 1.1.81 2.22l-.01 3.29c0 .31.2.69.82.57A12 12 0 0 0 12 .3"
    ),
    colors=Colors(light=("#24292f", "#ffffff"), dark=("#ffffff", "#24292f")),
    authorize_url="https://github.com/login/oauth/authorize",
    token_url="https://github.com/login/oauth/access_token",
    scopes=("read:user", "user:email"),
    issuer="https://github.com/login/oauth",  # what GitHub sends as "iss" since 2026
    profile_url="https://api.github.com/user",
    fields=Fields(subject="id", id=number, handle="login", name="name", picture="avatar_url"),
    email_url="https://api.github.com/user/emails",
    describe_email=describe_email,
    choose_account="prompt=select_account",  # github.blog/changelog, 2024-06-07
)


def github(*, client_id: str, client_secret: Secret, base: str | None = None, issuer: str | None = None) -> Provider:
    """GitHub as a provider.

    Args:
        client_id: the client id of an OAuth app, or of a GitHub App.
        client_secret: its secret.
        base: a GitHub Enterprise server, whose API is below ``/api/v3`` (docs.github.com/enterprise-server, "Getting
            started with the REST API"); or a sandbox on this machine, whose API is at ``base`` itself.
        issuer: what it sends as ``iss``, if it is known (RFC 9207).
    """
    made = _RECORD(client_id=client_id, client_secret=client_secret, base=base, issuer=issuer)
    if base is None or is_loopback(base):
        return made
    api = f"{base}/api/v3/user"
    return replace(made, profile_url=api, email_url=f"{api}/emails")


RECIPE = _RECORD.recipe(
    keys_from="https://github.com/settings/developers",
    steps=("Create an *OAuth app*.", "Add the address under *Authorization callback URL*."),
    notes=(
        "The subject is GitHub's number, and never `login`: users rename themselves, and another user may take the "
        "old name.",
        "The e-mail address comes from a second request. If it fails, the user signs in without.",
        "For a GitHub Enterprise server, set `VALETKEY_GITHUB_BASE` to its address.",
    ),
    unverified=("The colors of the button.",),
    make=github,
)
