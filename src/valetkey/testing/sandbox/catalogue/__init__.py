"""What each provider of the catalogue is like, as its own pages say: one file each, with the provider's name.

The sandbox plays a provider from its file here, and never from the client's record, so that each tests the other. A
file has a class ``FRONT``: a front with the provider's addresses, its habits as data, and its replies.

How to write one for OAuth 2.0 (``oauth2/quirks.py`` lists every attribute)::

    class Spotify(OAuth2Front):
        name = "spotify"
        title = "Spotify"
        site = "https://accounts.spotify.com"
        authorize_path = "/authorize"
        token_path = "/api/token"
        profile_site = "https://api.spotify.com"
        profile_path = "/v1/me"
        authentication = ("basic",)
        email_scope = "user-read-email"

        def profile_of(self, access: AccessToken) -> dict[str, Any]:
            persona = access.persona
            return {
                "account_id": self.subject_of(persona),
                "display_name": persona.name or None,
                "images": [{"url": url}] if (url := self.picture_of(persona)) else [],
                **({"email": access.email} if access.email is not None else {}),
            }

    FRONT = Spotify

- ``access.persona`` is the user; ``access.email`` the address, if the user has one, shares it, and the app has asked
  for ``email_scope``. A persona may have an empty name, no picture, or ``anonymous``: then say nothing but the id.
- ``subject_of`` makes an id by ``id_format``. ``number(…)`` of ``oauth2.facts`` makes it a JSON number. A test may make
  up a user with any id: send it as it is.
- ``token_extras`` adds fields to the token reply; ``token_error`` and ``profile_error`` are bodies of errors;
  ``token_errors`` and ``token_statuses`` translate their codes and statuses. ``callback_fields`` adds to the callback.
- ``profiles`` gives further endpoints; ``check`` and ``check_exchange`` judge what no attribute can say.
- ``subject`` is what the client must call a user. Override it where that is more than the id, such as a workspace and
  an id.

How to write one for OpenID Connect (``openid/front.py`` lists the further attributes): as above, over ``OpenIDFront``,
with ``issuer_address``, ``keys_path`` and ``userinfo_path``. ``user_claims`` is what the ID token and UserInfo say
about the user; ``userinfo_claims`` what UserInfo says, if that differs; ``claims`` what the ID token says beside it.
The client discovers a provider in the sandbox, so its metadata are there (``more_metadata``). A provider that each app
names by its issuer is a ``ByIssuer`` (``openid/by_issuer.py``) and has no ``site``.
"""
