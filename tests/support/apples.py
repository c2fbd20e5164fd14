"""P as Apple: an ID token without a name, an answer by form, and the ``user`` field beside it."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives import serialization

from .hostile import ABSENT, Hostile
from .jose import key

# What Apple's ID tokens do not have.
NAMELESS = dict.fromkeys(("name", "preferred_username", "picture"), ABSENT)


def apple_variables(p: Hostile) -> dict[str, str]:
    """An app's variables for Apple at P's ``/apple``."""
    pem = key("ES256", "apple").private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "APPLE_CLIENT_ID": p.client_id,
        "APPLE_TEAM_ID": "A" * 10,
        "APPLE_KEY_ID": "B" * 10,
        "APPLE_PRIVATE_KEY": pem.decode(),
        "VALETKEY_APPLE_BASE": f"{p.origin}/apple",
    }


def user_field(first: object = "Ada", last: object = "Lovelace", **more: object) -> str:
    """Apple's ``user``, as it is sent at the first consent, and anything else in it."""
    return json.dumps({"name": {"firstName": first, "lastName": last}, **more})
