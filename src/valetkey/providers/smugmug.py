"""SmugMug, over OAuth 1.0a (api.smugmug.com/api/v2/doc/tutorial/authorization.html).

SmugMug gives out no id of an account, and a user may change the nick name. Each account has one root folder, and the
reply has its address, such as ``/api/v2/node/zx4Fx``. The id of that folder says who the user is.
"""

import re

from ..errors import ProviderReplyInvalid
from .record import Colors, Fields, OAuth1Record

_ROOT = re.compile(r"/api/v2/node/([A-Za-z0-9]{3,32})")


def root_of(value: object) -> str:
    """The id of the user's root folder.

    Raises:
        ProviderReplyInvalid: the value is not the address of a folder.
    """
    found = _ROOT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ProviderReplyInvalid("The reply lacks the address of the user's root folder.")
    return found[1]


smugmug = OAuth1Record(
    name="smugmug",
    title="SmugMug",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "m18.31 0-.35.01c-1.55.13-2.46 1.2-2.6 2.28-.15 1.2.65 2.4 2.58 2.28 2.15-.12 3.09-1.2 3.1-2.28.02-1.15-1-2.28-"
        "2.73-2.29M7.21.34A2.66 2.66 0 0 0 4.56 2.6C4.41 3.73 5.12 4.87 7 4.85c2.23-.04 3.31-1.37 3.16-2.57-.12-1-1.09-"
        "1.92-2.94-1.94zm12.35 8.71-.4.02c-5.28.54-5.54.6-15.26.82C-.2 9.9.62 24 9.38 24c8.2 0 18.12-15.15 10.18-14.95m"
        "-1.1 2.7c3.18-.07-2.9 9.53-8.8 9.56-7.46 0-6.44-8.8-5.18-8.85 8.67-.35 10.88-.64 13.98-.71"
    ),
    # smugmughelp.com/articles/409. White on this green has a contrast of 2.4:1 only.
    colors=Colors(light=("#6db944", "#000000"), dark=("#6db944", "#000000")),
    request_token_url="https://api.smugmug.com/services/oauth/1.0a/getRequestToken",
    authorize_url="https://api.smugmug.com/services/oauth/1.0a/authorize",
    access_token_url="https://api.smugmug.com/services/oauth/1.0a/getAccessToken",
    authorize_parameters={"Access": "Public", "Permissions": "Read"},
    headers={"Accept": "application/json"},
    profile_url="https://api.smugmug.com/api/v2!authuser",
    fields=Fields(
        subject="Response.User.Uris.Node.Uri", id=root_of, handle="Response.User.NickName", name="Response.User.Name"
    ),
)

RECIPE = smugmug.recipe(
    keys_from="https://api.smugmug.com/api/developer/apply",
    steps=("Apply for an API key.", "Copy the *API Key* as the consumer key and the *API Secret* as the secret."),
    notes=(
        "The subject is the id of the user's root folder. The nick name can change, and is only displayed.",
        "A user has five minutes to sign in at SmugMug.",
    ),
    unverified=(
        "No page says that the id of a root folder never changes.",
        "No page says how SmugMug sends back a user who refuses.",
    ),
)
