"""GitLab, over OpenID Connect (docs.gitlab.com/integration/openid_connect_provider).

The ID token says who the user is. Older servers put name and handle only into the UserInfo reply.
"""

from __future__ import annotations

from ..crypto import Secret
from ..protocols.discovery import ServerMetadata
from ..protocols.oauth2 import ClientCredentials
from ..protocols.oidc import OpenIDConnect
from .appearance import Colors
from .base import Provider
from .claims import read_claims, read_userinfo
from .recipe import Recipe, client_variables, elsewhere_variables

_SITE = "https://gitlab.com"
_METADATA = ServerMetadata(  # {_SITE}/.well-known/openid-configuration
    issuer=_SITE,
    authorize_url=f"{_SITE}/oauth/authorize",
    token_url=f"{_SITE}/oauth/token",
    keys_url=f"{_SITE}/oauth/discovery/keys",
    userinfo_url=f"{_SITE}/oauth/userinfo",
)

_ICON = "M2.5 13 5 4.5 8.5 11h7L19 4.5 21.5 13 12 20.5z"  # a fox's head: our own drawing


def gitlab(*, client_id: str, client_secret: Secret, base: str | None = None, issuer: str | None = None) -> Provider:
    """GitLab as a provider.

    Args:
        client_id: the Application ID.
        client_secret: its secret.
        base: a GitLab server of your own, which is discovered.
        issuer: what that server names itself, if it is not ``base``. It is discovered there.
    """
    return Provider(
        name="gitlab",
        title="GitLab",
        icon=_ICON,
        colors=Colors(light=("#ffffff", "#171321"), dark=("#171321", "#ffffff")),
        protocol=OpenIDConnect(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            issuer=issuer or base or _SITE,
            metadata=None if base or issuer else _METADATA,
            client_authentication="post",
            reads_userinfo=True,
        ),
        identify=read_claims,
        describe=read_userinfo,
    )


RECIPE = Recipe(
    name="gitlab",
    title="GitLab",
    make=gitlab,
    variables=(*client_variables("gitlab"), *elsewhere_variables("gitlab")),
    keys_from="https://gitlab.com/-/user_settings/applications",
)
