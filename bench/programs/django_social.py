"""social-core's backend of Twitter, with the addresses of the bench's provider."""

from __future__ import annotations

import os

from social_core.backends.twitter import TwitterOAuth

PROVIDER = os.environ["PROVIDER"]


class Twitter(TwitterOAuth):
    REDIRECT_STATE = False  # the load generator does not know the parameters that a callback URL had
    AUTHORIZATION_URL = f"{PROVIDER}/oauth/authenticate"
    REQUEST_TOKEN_URL = f"{PROVIDER}/oauth/request_token"
    ACCESS_TOKEN_URL = f"{PROVIDER}/oauth/access_token"

    def user_data(self, access_token, *args, **kwargs):
        return self.get_json(
            f"{PROVIDER}/1.1/account/verify_credentials.json",
            params={"include_email": "true"},
            auth=self.oauth_auth(access_token),
        )
