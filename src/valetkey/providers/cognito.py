"""Amazon Cognito, over OpenID Connect (docs.aws.amazon.com/cognito, "Using the ID token"), at the app's user pool.

Cognito signs access tokens with the keys of ID tokens. ``token_use`` says which of them a token is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..errors import ProviderReplyInvalid
from ..models import Profile
from .record import Colors, OpenIDRecord
from .record.claims import is_true_or_text, read_claims, read_userinfo


def identify(claims: Mapping[str, object]) -> Profile:
    """Read the claims of an ID token.

    Raises:
        ProviderReplyInvalid: it is an access token, or ``sub`` is missing or malformed.
    """
    if claims.get("token_use") != "id":
        raise ProviderReplyInvalid("token_use must be id: this is no ID token of Cognito's.")
    return read_claims(claims)


cognito = OpenIDRecord(
    name="cognito",
    title="Amazon Cognito",
    icon="M12 2a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9zM3 22a9 9 0 0 1 18 0z",  # A person: our own drawing
    colors=Colors(light=("#232f3e", "#ffffff"), dark=("#ffffff", "#232f3e")),
    issuer_form=r"https?://(?![^/]*\.amazoncognito\.com).*[^/]",
    issuer_example="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
    algorithms=None,
    reads_userinfo=True,
    identify=identify,
    describe=partial(read_userinfo, is_verified=is_true_or_text),  # as text: .../userinfo-endpoint
    choose_account="prompt=login",
)

RECIPE = cognito.recipe(
    keys_from="https://console.aws.amazon.com/cognito/",
    steps=(
        "Create a user pool with a domain, and an app client of the type *Traditional web application*.",
        "Add the address under *Allowed callback URLs*.",
        "Choose the *Authorization code grant* and the scopes *OpenID*, *Email* and *Profile*.",
    ),
    notes=(
        "The issuer is the pool's, such as `https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123`, and not "
        "the domain of its sign-in pages.",
        "An app client without a secret is a public client.",
    ),
    unverified=("What comes back when a user refuses at another provider behind Cognito.", "The colors of the button."),
    may_be_public=True,
)
