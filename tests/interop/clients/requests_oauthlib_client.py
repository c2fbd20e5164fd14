"""requests-oauthlib: OAuth 2.0 alone, with state and PKCE. It asks for the profile, and reads no ID token."""

from __future__ import annotations

import requests
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session
from talking import come_back, order, refuses, signed_in


def main() -> None:
    ordered = order()
    if ordered.is_github:
        authorize, token, user_url = ordered.authorize_url, ordered.token_url, ordered.user_url
        scope = ["read:user", "user:email"]
    else:
        metadata = requests.get(f"{ordered.base}/.well-known/openid-configuration", timeout=20).json()
        authorize, token = metadata["authorization_endpoint"], metadata["token_endpoint"]
        user_url, scope = metadata["userinfo_endpoint"], ["openid", "profile", "email"]
    session = OAuth2Session(ordered.id, redirect_uri=ordered.callback, scope=scope, pkce="S256")
    url, _ = session.authorization_url(authorize)
    try:
        session.fetch_token(
            token,
            authorization_response=come_back(url),
            client_secret=ordered.secret,
            include_client_id=True,
            timeout=20,
        )
    except OAuth2Error as error:
        return refuses(error)
    user = session.get(user_url).json()
    return signed_in(user["id"] if ordered.is_github else user["sub"], user.get("name"), user.get("email"))


if __name__ == "__main__":
    main()
