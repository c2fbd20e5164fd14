"""What a test may change about one provider of the sandbox, while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PKCE = ("checked", "required", "ignored", "refused")


@dataclass(slots=True, kw_only=True)
class Switches:
    """The switches of one provider.

    Args:
        client_id, client_secret: of the one app that may use it. Both start with ``sandbox-``.
        lenient: accept what is wrong, and note it in the journal. None: as the sandbox's settings say.
        pkce: ``checked`` where a challenge was sent, ``required``, ``ignored``, or ``refused``, as from clients with a
            secret.
        sends_iss: send ``iss`` with the callback (RFC 9207).
        iss: send this in its place.
        promises_iss: what the metadata says of it. None: the truth.
        code_seconds: how long a code lives.
        silent: send a browser back without a click if it has approved before.
        coop: the Cross-Origin-Opener-Policy of its pages. None: as the real one sends it.
        algorithm: signs ID tokens, such as ``RS256``.
        kid: name the key in ID tokens and in the key set.
        nonce: echo the nonce in ID tokens.
        claims_in_id_token: put name, e-mail and so on into the ID token, and not only into UserInfo.
        id_token: changes ID tokens, see ``openid.id_token.altered``.
    """

    client_id: str
    client_secret: str
    lenient: bool | None = None
    pkce: str = "checked"
    sends_iss: bool = False
    iss: str | None = None
    promises_iss: bool | None = None
    code_seconds: float = 600.0
    silent: bool = True
    coop: str | None = None
    algorithm: str = "RS256"
    kid: bool = True
    nonce: bool = True
    claims_in_id_token: bool = True
    id_token: dict[str, Any] = field(default_factory=dict)

    def change(self, **switches: object) -> None:
        """Change some.

        Raises:
            ValueError: there is no such switch, or no such value.
        """
        for name, value in switches.items():
            if name not in self.__slots__:
                raise ValueError(f"no switch is called {name}; there are {', '.join(self.__slots__)}")
            if name in ("client_id", "client_secret") and not str(value).startswith("sandbox-"):
                raise ValueError("The sandbox takes keys that start with 'sandbox-' only.")
            if name == "pkce" and value not in PKCE:
                raise ValueError(f"pkce is one of {', '.join(PKCE)}")
            setattr(self, name, value)
