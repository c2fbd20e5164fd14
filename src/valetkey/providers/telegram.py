"""Telegram, over OpenID Connect (core.telegram.org/bots/telegram-login)."""

from __future__ import annotations

from collections.abc import Mapping

from ..models import Profile
from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord, decimal, number
from .record.claims import read_claims


def identify(claims: Mapping[str, object]) -> Profile:
    """Read the claims of an ID token.

    The subject is ``id``, which bots know as well, and not ``sub``. It is a number, or a text with the same spelling.

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    user = claims.get("id")
    return read_claims(claims, subject=decimal(user) if isinstance(user, str) else number(user))


telegram = OpenIDRecord(
    name="telegram",
    title="Telegram",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M11.94 0A12 12 0 0 0 0 12a12 12 0 0 0 12 12 12 12 0 0 0 12-12A12 12 0 0 0 12 0zm4.97 7.22c.1 0 .32.03.46.14a.5"
        ".5 0 0 1 .17.33c.02.1.04.3.02.47-.18 1.9-.96 6.5-1.36 8.63-.17.9-.5 1.2-.82 1.23-.7.06-1.22-.46-1.9-.9-1.05-.7"
        "-1.65-1.13-2.68-1.8-1.18-.78-.41-1.21.26-1.91.18-.19 3.25-2.98 3.3-3.23.02-.04.02-.15-.05-.22s-.17-.04-.25-.02"
        "q-.15.03-5.06 3.35-.72.5-1.3.48a9 9 0 0 1-1.86-.44c-.76-.25-1.35-.38-1.3-.8q.04-.32.9-.66a556 556 0 0 1 6.99-3"
        ".01c3.33-1.39 4.03-1.63 4.48-1.64"
    ),
    # telegram.org. White on the blue has 2.8:1; black has 7.6:1.
    colors=Colors(light=("#26a5e4", "#000000"), dark=("#26a5e4", "#000000")),
    metadata=ServerMetadata(  # oauth.telegram.org/.well-known/openid-configuration
        issuer="https://oauth.telegram.org",
        authorize_url="https://oauth.telegram.org/auth",
        token_url="https://oauth.telegram.org/token",
        keys_url="https://oauth.telegram.org/.well-known/jwks.json",
    ),
    scopes=("openid", "profile"),
    client_authentication="basic",
    identify=identify,
    verifies_email=False,
)

RECIPE = telegram.recipe(
    keys_from="https://t.me/BotFather",
    steps=(
        "Create a bot, or choose one.",
        "Under *Bot Settings*, *Web Login*, add the address to *Allowed URLs*.",
        "Copy the *Client ID* and the *Client Secret* from there. Leave the algorithm at RS256.",
    ),
    notes=("The subject is the id that bots know. It is the same in all apps.",),
    unverified=("Telegram does not say that every ID token has `id`.",),
)
