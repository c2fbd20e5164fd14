"""What one provider over OAuth 2.0 does otherwise than the others, as data.

How this works: ``Quirks`` has a value for everything, which is the standard's. A provider's table (``catalogue``) sets
what differs. The values say what the *provider* does and demands, as its own pages state it. They are never copied from
the client's record, so that each tests the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .bearer import BEARER


class Quirks:
    """A provider over OAuth 2.0, as data.

    Attributes:
        name, title: as for every front.
        path: where it is in the sandbox. A subclass with a name and no path is at ``/{name}``.
        variable: begins the names of its environment variables, if not the name does.

        site: the real origin of the page that users are sent to, such as ``https://accounts.spotify.com``. Empty if
            the app names the server.
        api: the real origin of the token endpoint, if it is another one.
        profile_site: the real origin of the profile, if it is not that of the token endpoint.
        authorize_path, token_path: the real paths. In the sandbox they are below ``path``.
        profile_path: where ``profile_of`` is read. Empty: nowhere, or at the paths of ``profiles``.
        emails_path: where ``emails_of`` is read. Empty: nowhere.

        client_id_parameter: the parameter with the client id.
        authentication: how a client may authenticate: ``post``, ``basic``, ``none``.
        token_methods: of HTTP.
        requires_state: refuse an authorization request without ``state``.
        requires_grant_type: refuse a token request without it.
        required_parameters: what the authorization request must have beside the protocol's, by name. An empty value
            allows every value.
        required_token_parameters: the same of the token request.
        returned_parameters: names of what the callback had and the token request must have again, such as ``state``.
        required_headers: what the token request and the profile request must have, by name in lower case: a regular
            expression for the whole value.
        required_profile_headers: the same of the profile request alone.
        scope_separators: characters that stand between scopes in a request.
        known_scopes: empty if the server ignores scopes that it does not know.
        email_scope: the scope that asks for the e-mail address. None if the address needs no scope.
        response_modes: those that the server knows. With one alone, the parameter is ignored.

        cancel: the fields of the callback after the user's own Cancel.
        fragment: what the provider adds to the callback.
        silent_by_prompt: send a browser back without a click only if ``prompt=none`` asks for it.
        another_account: what the query must say so that the page is shown.

        sends_token_type: whether the token reply has ``token_type``.
        scope_reply: what stands between the scopes in the token reply. ``[]``: they are an array. None: they are
            missing.
        token_errors: the provider's word for an error of RFC 6749 §5.2, in a token reply. ``redirect_uri`` is the one
            for a redirect URI that is not that of the authorization request.
        token_statuses: its status for such an error. An empty name stands for all others.

        credentials: reads the access token from the header of a profile request: ``BEARER``, or ``scheme("OAuth")``.
        token_placement: ``header``, or ``body``: a form with ``access_token`` and the client id.
        profile_methods: of HTTP.
        profile_scopes: one of these must have been granted. Empty: none is needed.
        profile_parameters: what the query of the profile request must have, as ``required_parameters``.
        profile_query: a regular expression for ``query`` in a JSON body (GraphQL). Empty: there is no such body.
        profile_statuses: the status for an access token that does not do, by the status of RFC 6750 §3.1.

        id_format: the ids of users, from ``{number}``, ``{uuid}``, ``{hex}`` and ``{HEX}``, 64 hexadecimal digits:
            ``"U{HEX:.10}"`` is U and ten of them.

        headers: further headers of its pages, as the real one sends them.
        defaults: of its switches.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    path: ClassVar[str]
    variable: ClassVar[str] = ""

    site: ClassVar[str] = ""
    api: ClassVar[str] = ""
    profile_site: ClassVar[str] = ""
    authorize_path: ClassVar[str]
    token_path: ClassVar[str]
    profile_path: ClassVar[str] = ""
    emails_path: ClassVar[str] = ""

    client_id_parameter: ClassVar[str] = "client_id"
    authentication: ClassVar[tuple[str, ...]] = ("post", "basic")
    token_methods: ClassVar[tuple[str, ...]] = ("POST",)
    requires_state: ClassVar[bool] = False
    requires_grant_type: ClassVar[bool] = True
    required_parameters: ClassVar[Mapping[str, str]] = {}
    required_token_parameters: ClassVar[Mapping[str, str]] = {}
    returned_parameters: ClassVar[tuple[str, ...]] = ()
    required_headers: ClassVar[Mapping[str, str]] = {}
    required_profile_headers: ClassVar[Mapping[str, str]] = {}
    scope_separators: ClassVar[str] = " "
    known_scopes: ClassVar[tuple[str, ...]] = ()
    email_scope: ClassVar[str | None] = "email"
    response_modes: ClassVar[tuple[str, ...]] = ("query",)

    cancel: ClassVar[Mapping[str, str]] = {"error": "access_denied"}
    fragment: ClassVar[str] = ""
    silent_by_prompt: ClassVar[bool] = False
    another_account: ClassVar[str] = "prompt=select_account"

    sends_token_type: ClassVar[bool] = True
    scope_reply: ClassVar[str | None] = " "
    token_errors: ClassVar[Mapping[str, str]] = {}
    token_statuses: ClassVar[Mapping[str, int]] = {}

    credentials: ClassVar[re.Pattern[str]] = BEARER
    token_placement: ClassVar[str] = "header"
    profile_methods: ClassVar[tuple[str, ...]] = ("GET",)
    profile_scopes: ClassVar[tuple[str, ...]] = ()
    profile_parameters: ClassVar[Mapping[str, str]] = {}
    profile_query: ClassVar[str] = ""
    profile_statuses: ClassVar[Mapping[int, int]] = {}

    id_format: ClassVar[str] = "{number}"

    headers: ClassVar[Mapping[str, str]] = {}
    defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        if "name" in cls.__dict__ and "path" not in cls.__dict__:
            cls.path = f"/{cls.name}"

    @classmethod
    def addresses(cls) -> dict[str, str]:
        """Return the real provider's addresses by their use: ``authorize``, ``token``, ``profile``, ``emails``.

        There are none where the app names the server.
        """
        if not cls.site:
            return {}
        api = cls.api or cls.site
        profile = cls.profile_site or api
        return {
            "authorize": cls.site + cls.authorize_path,
            "token": api + cls.token_path,
            **({"profile": profile + cls.profile_path} if cls.profile_path else {}),
            **({"emails": profile + cls.emails_path} if cls.emails_path else {}),
        }
