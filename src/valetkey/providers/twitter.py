"""X (Twitter), over OAuth 1.0a or OAuth 2.0 (docs.x.com, "Log in with X", "OAuth 2.0 Authorization Code Flow").

Both have the same name and the same numeric id of the user, so an account that was made over one signs in over the
other. Over OAuth 1.0a the exchange says who the user is, and a login needs no profile request, for which X charges. A
profile request, where the app asks for one, only adds a name, a picture and an e-mail address. Over OAuth 2.0 only the
profile says who the user is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..crypto import Secret
from ..models import Profile
from ..protocols import oauth1, oauth2
from .record.appearance import Colors
from .record.claims import decimal_of, email_of, object_of, picture_of
from .record.provider import Provider, readable
from .record.recipe import Recipe, Variable, base_variable, client_variables, consumer_variables, elsewhere_variables

# The user goes to the API's host, too, and not to x.com: on phones the X app opens links to x.com itself, and returns
# to another browser than the one in which the login began.
BASE = "https://api.x.com"

# Simple Icons 16.37.0, CC0 1.0
_ICON = (
    "M14.23 10.16 22.98 0H20.9l-7.59 8.82L7.25 0h-7l9.18 13.34L.26 24h2.07l8.02-9.32 6.4 9.32h7zm-2.83 3.3-.93-1.33-7.4"
    "-10.57h3.19l5.96 8.53.93 1.33 7.76 11.1h-3.19z"
)

_COLORS = Colors(light=("#0f1419", "#ffffff"), dark=("#ffffff", "#0f1419"))
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,50}")


def twitter(
    *,
    key: str,
    secret: Secret,
    base: str = BASE,
    api_origin: str | None = None,
    authorize_origin: str | None = None,
    read_profile: bool = False,
    include_email: bool = False,
) -> Provider:
    """X as a provider.

    Args:
        key: the app's API key (consumer key).
        secret: its secret.
        base: the address of X.
        api_origin: where requests are sent, if not to ``base``. Requests are signed over these very characters.
        authorize_origin: where the user is sent, if not to ``base``.
        read_profile: also read name and picture (``verify_credentials``). If that request fails, the login still
            succeeds.
        include_email: also read the e-mail address, in the same request, with name and picture. X sends it only to an
            app that has *Request email from users* in its permissions.
    """
    api, authorize = api_origin or base, authorize_origin or base
    profile_url = f"{api}/1.1/account/verify_credentials.json?skip_status=true"
    if include_email:
        profile_url += "&include_email=true"
    return Provider(
        name="twitter",
        title="X",
        icon=_ICON,
        colors=_COLORS,
        protocol=oauth1.OAuth1(
            credentials=oauth1.ClientCredentials(identifier=key, secret=secret),
            request_token_url=f"{api}/oauth/request_token",
            access_token_url=f"{api}/oauth/access_token",
            authorize_url=f"{authorize}/oauth/authenticate",
        ),
        identify=identify,
        profile_url=profile_url if read_profile or include_email else None,
        describe=describe,
        verifies_email=include_email,
        choose_account="force_login=true",
    )


def twitter_oauth2(
    *,
    client_id: str,
    client_secret: Secret | None = None,
    base: str | None = None,
    issuer: str | None = None,
    include_email: bool = False,
) -> Provider:
    """X as a provider, over OAuth 2.0.

    Args:
        client_id: the app's OAuth 2.0 client id.
        client_secret: its secret. None for a public client, such as a "Native App".
        base: another server in X's place, for the pages and for the API.
        issuer: what that server sends as ``iss``, if it sends one (RFC 9207). X sends none.
        include_email: also ask for the e-mail address. X sends it only to an app that has *Request email from users* in
            its permissions.
    """
    site, api = base or "https://x.com", base or BASE
    fields = "profile_image_url,confirmed_email" if include_email else "profile_image_url"
    return Provider(
        name="twitter",
        title="X",
        icon=_ICON,
        colors=_COLORS,
        protocol=oauth2.OAuth2(
            credentials=oauth2.ClientCredentials(identifier=client_id, secret=client_secret),
            authorize_url=f"{site}/i/oauth2/authorize",
            token_url=f"{api}/2/oauth2/token",
            # GET /2/users/me requires the first two.
            scopes=("users.read", "tweet.read", *(("users.email",) if include_email else ())),
            client_authentication="basic",  # X refuses a secret in the body
            issuer=issuer,
        ),
        identity_from="profile",
        profile_url=f"{api}/2/users/me?user.fields={fields}",
        describe=describe_me,
        verifies_email=include_email,
    )


def describe_me(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /2/users/me`` (docs.x.com/x-api/users/lookup).

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    data = object_of(reply.get("data"))
    email = email_of(data.get("confirmed_email"))
    return Profile(
        subject=decimal_of(data.get("id")),
        preferred_username=_handle(data.get("username")),
        name=readable(data.get("name")),
        picture=picture_of(data.get("profile_image_url")),
        email=email,
        email_verified=email is not None,  # X gives out no other address than one that it has confirmed
    )


def identify(fields: Mapping[str, object]) -> Profile:
    """Read ``user_id`` and ``screen_name`` of the exchange's reply (docs.x.com, POST oauth/access_token).

    Raises:
        ProviderReplyInvalid: ``user_id`` is missing or malformed.
    """
    return Profile(subject=decimal_of(fields.get("user_id")), preferred_username=_handle(fields.get("screen_name")))


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``verify_credentials`` (docs.x.com, GET account/verify_credentials).

    The id is ``id_str`` and never ``id``: the number is too large for some JSON readers. It is not checked here, since
    the core uses the reply only if the id equals that of the exchange.

    An e-mail address counts as verified: for an address that the user has not confirmed, X sends ``null``
    (``include_email`` on the same page).
    """
    subject, email = reply.get("id_str"), reply.get("email")
    return Profile(
        subject=subject if isinstance(subject, str) else "",
        preferred_username=_handle(reply.get("screen_name")),
        name=readable(reply.get("name")),
        picture=picture_of(reply.get("profile_image_url_https")),
        email=email_of(email),
        email_verified=email_of(email) is not None,
    )


def _handle(value: object) -> str | None:
    return value if isinstance(value, str) and _HANDLE.fullmatch(value) else None


_EMAIL = Variable(
    "VALETKEY_TWITTER_EMAIL",
    "include_email",
    "switch",
    about="`on`: also read the e-mail address, with name and picture. `off` by default",
)
_ELSEWHERE = "another server than the base, for {}: scheme, host and port"
_EMAIL_NOTE = (
    "X sends the e-mail address only if your app has *Request email from users* among its permissions, for which X "
    "wants the addresses of your terms of service and of your privacy policy. If the request fails, the user signs "
    "in without."
)
RECIPE = Recipe(
    name="twitter",
    title="X",
    make=twitter,
    variables=(
        *consumer_variables("twitter"),
        base_variable("twitter"),
        Variable("VALETKEY_TWITTER_API", "api_origin", "origin", about=_ELSEWHERE.format("requests")),
        Variable("VALETKEY_TWITTER_BROWSER", "authorize_origin", "origin", about=_ELSEWHERE.format("the popup")),
        _EMAIL,
    ),
    keys_from="https://developer.x.com",
    steps=(
        "Create an app. Under *User authentication settings*, turn on OAuth 1.0a with *Read* access.",
        "If there is a switch *Allow this app to be used to sign in with X*, turn it on. Without it, X asks the users "
        "again at every sign-in.",
        "Add the address under *Callback URL*.",
        "Under *Keys and tokens*, copy the **consumer** key and secret (*API key and secret*). The access token is "
        "something else, and the client id is for OAuth 2.0.",
    ),
    notes=(
        "`valetkey serve` reads name and picture at each sign-in, and X charges for that. `--no-profile` turns it off. "
        "Your own app reads them only with `read_profile=True`. The handle comes with the exchange in any case.",
        _EMAIL_NOTE,
    ),
    unverified=("The colors of the button.",),
    may_read_profile=True,
    otherwise=Recipe(
        name="twitter",
        title="X",
        make=twitter_oauth2,
        variables=(*client_variables("twitter"), *elsewhere_variables("twitter"), _EMAIL),
        keys_from="https://developer.x.com",
        steps=(
            "Choose *Web App* as the type of the app.",
            "Add the same address under *Callback URL*.",
            "Under *Keys and tokens*, copy the OAuth 2.0 client id and client secret.",
        ),
        notes=(
            "The provider's name and the users' ids stay the same. So an account that was made over one protocol signs "
            "in over the other.",
            "If both pairs of keys are set, the consumer key is used, and a line in the log says so.",
            "Only the profile says who the user is. So each sign-in reads it, and X charges for that.",
            _EMAIL_NOTE,
        ),
    ),
)
