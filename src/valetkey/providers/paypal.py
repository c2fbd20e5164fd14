"""PayPal, over OAuth 2.0 (developer.paypal.com/docs/log-in-with-paypal)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..models import Profile
from .record import Colors, Fields, OAuth2Record
from .record.claims import primary_email

_FIELDS = Fields(subject="user_id", name="name")


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /v1/identity/oauth2/userinfo`` (developer.paypal.com/docs/api/identity/v1).

    Raises:
        ProviderReplyInvalid: ``user_id`` is missing or malformed.
    """
    email, _ = primary_email(reply.get("emails"), email="value")
    return replace(_FIELDS(reply), email=email)


paypal = OAuth2Record(
    name="paypal",
    title="PayPal",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M15.6 4.65H8.95l-2.3 14.6H1.82L4.86 0h8c3.75 0 6.37 2.3 6.47 5.51-.65-.47-2.1-.86-3.72-.86m6.57 5.55a7.1 7.1 0"
        " 0 1-6.96 6.85h-2.5L11.6 24H6.74l1.85-11.54h3.59c4.2 0 7.34-3.63 7.15-6.95a5.2 5.2 0 0 1 2.85 4.69M9.65 5.55h6"
        ".41c.9 0 1.94.22 2.36.54-.2 2.74-2.65 5.48-6.44 5.48H8.71Z"
    ),
    colors=Colors(light=("#0070ba", "#ffffff"), dark=("#0070ba", "#ffffff")),  # the blue of PayPal's own buttons
    authorize_url="https://www.paypal.com/signin/authorize",
    authorize_parameters={"flowEntry": "static"},
    token_url="https://api-m.paypal.com/v1/oauth2/token",
    scopes=("openid", "profile", "email"),
    client_authentication="basic",
    profile_url="https://api-m.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1",
    describe=describe,
    verifies_email=False,
    requires_domain=True,
)

RECIPE = paypal.recipe(
    keys_from="https://developer.paypal.com/dashboard/applications/live",
    steps=(
        "Press *Create App*, on the tab *Live*, and copy *Client ID* and *Secret*.",
        "Tick *Log in with PayPal*. Under its *Advanced settings*, tick *Full name* and *Email address*.",
        "Add the address there under *Return URL*, and those of your privacy policy and user agreement.",
        "Wait until PayPal has reviewed the app.",
    ),
    notes=(
        "The id is the user's in your app. In another app the same user has another one.",
        "`verified_account` is about the user's bank account. No e-mail address is verified.",
        "PayPal's own sandbox has another host for each step, so `VALETKEY_PAYPAL_BASE` cannot name it.",
    ),
    unverified=(
        "No page mentions PKCE.",
        "PayPal's metadata promises an ID token, and none comes (github.com/openiddict/openiddict-core). So the "
        "profile says who the user is.",
    ),
)
