"""Zitadel, over OpenID Connect (zitadel.com/docs/apis/openidoauth/endpoints), at the instance that the app names.

An ID token names the project and its other apps as audiences, too, so the app must say which these are (OpenID Connect
Core 1.0 §3.1.3.7 (3)).
"""

from __future__ import annotations

from dataclasses import replace

from ..crypto import Secret
from .record import Colors, OpenIDRecord
from .record.provider import Provider
from .record.recipe import Variable

_RECORD = OpenIDRecord(
    name="zitadel",
    title="Zitadel",
    icon="M3.5 2.5h17v3.8L9.1 17.7h11.4v3.8h-17v-3.8L14.9 6.3H3.5z",  # The letter Z: our own drawing
    colors=Colors(light=("#5469d4", "#ffffff"), dark=("#5469d4", "#ffffff")),
    issuer_form=r".*[^/]",
    issuer_example="https://example.zitadel.cloud",
    algorithms=None,
    reads_userinfo=True,
    choose_account="prompt=select_account",
)


def zitadel(
    *, client_id: str, issuer: str, client_secret: Secret | None = None, title: str | None = None, audiences: str = ""
) -> Provider:
    """Zitadel as a provider.

    Args:
        client_id: the app's client id.
        issuer: the instance's address, to the letter.
        client_secret: its secret. None for a public client.
        title: its name on the button, if not Zitadel.
        audiences: the ids of the project and of its other apps, separated by commas.
    """
    others = tuple(one.strip() for one in audiences.split(",") if one.strip())
    record = replace(_RECORD, other_audiences=others)
    return record(client_id=client_id, client_secret=client_secret, issuer=issuer, title=title)


RECIPE = _RECORD.recipe(
    keys_from="the Zitadel console: your project, New application, Web",
    steps=(
        "Create a web application in a project of its own: *Code* for one with a secret, *PKCE* for a public one.",
        "Add the address under *Redirect URIs*.",
        "Set `ZITADEL_AUDIENCES` to the project's id.",
    ),
    notes=(
        "`ZITADEL_AUDIENCES` names the project and its other apps, separated by commas. An ID token that names any "
        "other is refused.",
    ),
    unverified=("Whether Zitadel sends `iss` with the code.", "The colors of the button."),
    may_be_public=True,
    make=zitadel,
    more=(Variable("ZITADEL_AUDIENCES", "audiences", "text", about="ids of the project and of its other apps"),),
)
