"""nanoidp in its strict profile. Its keys rotate while it runs: ``POST /api/keys/rotate``."""

from __future__ import annotations

from pathlib import Path

from nanoidp.app import create_app
from serving import SCOPES, order, serve
from yaml import safe_dump

ordered = order()
settings = {
    "config_version": 1,
    "oauth": {
        "issuer": ordered.origin,
        "clients": [
            {
                "client_id": one.id,
                "client_secret": one.secret,
                "redirect_uris": one.callbacks,
                "scopes": [*SCOPES],
            }
            for one in ordered.clients
        ],
    },
    "jwt": {"keys_dir": str(Path(ordered.directory) / "keys")},
}
people = {
    "config_version": 1,
    "users": {person.handle: {"password": person.password, "email": person.email} for person in ordered.people},
}
directory = Path(ordered.directory)
(directory / "settings.yaml").write_text(safe_dump(settings))
(directory / "users.yaml").write_text(safe_dump(people))
serve(create_app(str(directory), profile="oauth21"))
