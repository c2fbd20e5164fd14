"""GitLab, over OpenID Connect (docs.gitlab.com/integration/openid_connect_provider).

The ID token says who the user is. Older servers put name and handle only into the UserInfo reply. ``base`` is a GitLab
server of your own.
"""

from ..protocols.discovery import ServerMetadata
from .record import Colors, OpenIDRecord

gitlab = OpenIDRecord(
    name="gitlab",
    title="GitLab",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "m23.6 9.6-.03-.1L20.3.99a1 1 0 0 0-.34-.4.9.9 0 0 0-1 .05 1 1 0 0 0-.29.44l-2.2 6.75H7.54l-2.2-6.75a1 1 0 0 0-"
        ".3-.44.9.9 0 0 0-1-.05 1 1 0 0 0-.33.4L.43 9.5l-.03.1a6.1 6.1 0 0 0 2.01 7l.01.02.03.02 4.98 3.72 2.46 1.87 1."
        "5 1.13a1 1 0 0 0 1.22 0l1.5-1.13 2.46-1.87 5-3.74.02-.01a6.1 6.1 0 0 0 2.01-7"
    ),
    colors=Colors(light=("#ffffff", "#171321"), dark=("#171321", "#ffffff")),
    metadata=ServerMetadata(  # https://gitlab.com/.well-known/openid-configuration
        issuer="https://gitlab.com",
        authorize_url="https://gitlab.com/oauth/authorize",
        token_url="https://gitlab.com/oauth/token",
        keys_url="https://gitlab.com/oauth/discovery/keys",
        userinfo_url="https://gitlab.com/oauth/userinfo",
    ),
    client_authentication="post",
    reads_userinfo=True,
)

RECIPE = gitlab.recipe(
    keys_from="https://gitlab.com/-/user_settings/applications",
    steps=(
        "Add an application with the scopes `openid`, `profile` and `email`.",
        "Add the address under *Redirect URI*.",
    ),
    notes=("For a GitLab server of your own, set `VALETKEY_GITLAB_BASE` to its address.",),
    unverified=("The colors of the button.",),
)
