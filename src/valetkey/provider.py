"""A provider is data: a name, a protocol, and how to read who someone is.

The core never names one. A new provider of a protocol we speak is five facts and one mapping (see ``providers/``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .model import Profile
from .protocol.oauth1 import OAuth1


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One way to sign in.

    Args:
        name: names the path, the rows and the cookie's content; lower-case ASCII, never changed once used.
        title: what people call it: "Sign in with X".
        protocol: the two verbs.
        identify: reads the profile out of what came with the token credentials; raises ``ProviderNonsense`` where the
            immutable id is missing or odd.
        profile_url: where more about the account can be read, or None to leave it unread.
        describe: reads that reply (JSON, already decoded) into a profile.
        choose_account: what is added to the address that a person is sent to, so that the provider lets them choose:
            to link a second identity, which it would not ask for by itself.
    """

    name: str
    title: str
    protocol: OAuth1
    identify: Callable[[Mapping[str, str]], Profile]
    profile_url: str | None = None
    describe: Callable[[Mapping[str, object]], Profile] | None = None
    choose_account: str | None = None

    @property
    def requested(self) -> tuple[str, ...]:
        """The addresses that the server itself requests; the browser's are others."""
        profile = (self.profile_url,) if self.profile_url else ()
        return (self.protocol.request_token_url, self.protocol.access_token_url, *profile)


def readable(value: object) -> str | None:
    """What a person wrote, without line ends, other controls and halves of characters; at most 200 characters."""
    if not isinstance(value, str):
        return None
    kept = "".join(char for char in value[:200] if unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"))
    return kept.strip() or None
