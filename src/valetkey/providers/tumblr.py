"""Tumblr, over OAuth 1.0a (github.com/tumblr/docs/blob/master/api.md).

Tumblr gives out no id of an account. The name of a blog can change, and another user can then take it. The ``uuid`` of
a blog is stable, and the primary blog has one owner and cannot be given away. So that ``uuid`` says who the user is.
"""

import re
from collections.abc import Mapping

from ..errors import ProviderReplyInvalid
from ..models import Profile
from .record import Colors, OAuth1Record
from .record.claims import picture_of
from .record.fields import at
from .record.provider import readable

_UUID = re.compile(r"t:[A-Za-z0-9_-]{8,64}")


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /v2/user/info``.

    Raises:
        ProviderReplyInvalid: it has not exactly one primary blog, or that has no usable ``uuid``.
    """
    blogs = at(reply, "response.user.blogs")
    primary = [one for one in blogs if at(one, "primary") is True] if isinstance(blogs, list) else []
    uuid = at(primary[0], "uuid") if len(primary) == 1 else None
    if not isinstance(uuid, str) or not _UUID.fullmatch(uuid):
        raise ProviderReplyInvalid("The reply lacks one primary blog with a usable uuid.")
    return Profile(
        subject=uuid,
        preferred_username=readable(at(reply, "response.user.name")),
        name=readable(at(primary[0], "title")),
        picture=picture_of(at(primary[0], "avatar.0.url")),
    )


tumblr = OAuth1Record(
    name="tumblr",
    title="Tumblr",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M14.56 24c-5.09 0-7.03-3.76-7.03-6.41V9.75H5.12v-3.1c3.63-1.32 4.5-4.6 4.7-6.47C9.85.05 9.95 0 10 0h3.52v6.11h"
        "4.8v3.64H13.5v7.47c.01 1 .37 2.37 2.2 2.37h.1c.62-.02 1.48-.2 1.93-.42l1.16 3.42c-.44.64-2.4 1.38-4.16 1.4z"
    ),
    colors=Colors(light=("#36465d", "#ffffff"), dark=("#ffffff", "#36465d")),  # tumblr.com/logo
    request_token_url="https://www.tumblr.com/oauth/request_token",
    authorize_url="https://www.tumblr.com/oauth/authorize",
    access_token_url="https://www.tumblr.com/oauth/access_token",
    access_method="GET",
    profile_url="https://api.tumblr.com/v2/user/info",
    describe=describe,
    verifies_email=False,
)

RECIPE = tumblr.recipe(
    keys_from="https://www.tumblr.com/oauth/apps",
    steps=(
        "Choose *Register application*.",
        "Enter the callback URL under *Default callback URL*.",
        "Copy the *OAuth Consumer Key* and the *Secret Key*.",
    ),
    notes=(
        "The subject is the `uuid` of the user's primary blog. The name of a blog can change, and is only displayed.",
        "Tumblr allows an app 1,000 requests an hour and 5,000 a day. Each sign-in takes one of them.",
    ),
    unverified=(
        "No page says how Tumblr sends back a user who refuses. One client library takes a callback without "
        "`oauth_verifier` for a refusal.",
        "No page of Tumblr's says that the primary blog cannot be exchanged with another blog. A user who could do it "
        "would get a new account, and never another user's.",
        "The fields at the portal may have other names.",
    ),
)
