"""canaille, with its database in memory: the one that pytest-iam starts.

That database answers a query with two conditions by whatever meets one of them
(``canaille/backends/memory/backend.py``). So two users whose codes are unspent at the same time may be given each
other's tokens. ``test_swapped_users.py`` is about it. For every other test, ``POST /forget-codes`` deletes the codes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from joserfc.jwk import RSAKey
from serving import SCOPES, order, serve

ordered = order()
key = RSAKey.generate_key(2048)
key.ensure_kid()
app = create_app(
    config={
        "TESTING": True,
        "ENV_FILE": None,
        "SECRET_KEY": "for tests alone: nobody else reaches this server",
        "WTF_CSRF_CHECK_DEFAULT": False,
        "PREFERRED_URL_SCHEME": "http",
        "SERVER_NAME": urlsplit(ordered.origin).netloc,
        "CANAILLE": {
            "DATABASE": "memory",
            "JAVASCRIPT": False,
            "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
        },
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)], "REQUIRE_NONCE": ordered.needs_nonce},
    },
    env_file=None,
)
with app.app_context():
    backend = Backend.instance
    for person in ordered.people:
        user = models.User(
            formatted_name=person.name,
            given_name=person.first,
            family_name=person.last,
            user_name=person.handle,
            emails=[person.email],
            password=person.password,
        )
        backend.save(user)
    for one in ordered.clients:
        client = models.Client(
            client_id=one.id,
            client_secret=one.secret,
            client_id_issued_at=datetime.now(UTC),
            client_name=one.id,
            contacts=[ordered.people[0].email],
            redirect_uris=one.callbacks,
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=[*SCOPES],
            token_endpoint_auth_method="client_secret_basic",
        )
        backend.save(client)
        client.audience = [client]  # else its ID tokens are for nobody
        backend.save(client)


@app.post("/forget-codes")
def forget_codes() -> str:
    for code in [*Backend.instance.query(models.AuthorizationCode)]:
        Backend.instance.delete(code)
    return "forgotten"


serve(app)
