"""What one provider over OAuth 1.0a does otherwise than the others, as data.

How this works: ``Quirks`` has a value for everything. A provider's table (``catalogue``) sets what differs. The values
say what the *provider* does and demands, as its own pages state it. They are never copied from the client's record, so
that each tests the other. Where no page says how a user who refuses is sent back, the table has ``page``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .refusals import Dialect

Cancel = Literal["denied", "oauth_problem", "error", "verifier", "page"]

FORM = "application/x-www-form-urlencoded"


class Quirks:
    """A provider over OAuth 1.0a, as data.

    Attributes:
        name, title: as for every front.
        path: where it is in the sandbox. A subclass with a name and no path is at ``/{name}``.
        request_token_url, authorize_url, access_token_url: where the real one is. The sandbox answers at the same paths
            and queries, below ``path``. Where each organisation runs a server of its own, only a path.
        more_authorize_urls: further addresses of its page.
        profile_url: where ``profile_of`` is read. Empty: nowhere, or at the addresses of ``profiles``.
        profile_methods: of HTTP.
        request_methods, access_methods: of HTTP.
        places: where it takes the protocol's parameters: ``header``, ``query``, ``body``.
        signature_methods: those that it takes.
        window_seconds: how far a timestamp may be off.
        request_token_seconds: how long a request token lives.
        realm: the realm that a header must name. None: it does not look at it.
        request_required: further parameters that the first request must have.
        authorize_required: parameters that the address of its page must have.
        token_parameter: the name of the request token in that address.
        consumer_key_parameter: the name of the app's key in that address, which must be there then.
        email_scope: the scope that asks for the e-mail address. None if the address needs no scope.
        requires_user_agent: refuse a request without a ``User-Agent`` that names the app.
        oob: what it does without a callback URL: ``pin``, it shows the verifier; ``registered``, it uses the callback
            URL that is registered; ``refused``.
        cancel: how a user who refuses is sent back. ``page``: not at all.
        fragment: what it adds to the callback.
        callback_fields: further parameters of a callback after an approval.
        dialect: of its errors.
        form_type: the content type of its forms.
        id_format: the ids of users, from ``{number}``, ``{uuid}``, ``{base64url}``, and ``{hex}``, 64 hexadecimal
            digits: ``"{hex:.24}"`` is 24 of them.
        silent: send a browser that approved before back without its page.
        another_account: what the query must say so that the page is shown all the same.
        headers: further headers of its pages, as the real one sends them.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    path: ClassVar[str]
    request_token_url: ClassVar[str]
    authorize_url: ClassVar[str]
    access_token_url: ClassVar[str]
    more_authorize_urls: ClassVar[tuple[str, ...]] = ()
    profile_url: ClassVar[str] = ""
    profile_methods: ClassVar[tuple[str, ...]] = ("GET",)
    request_methods: ClassVar[tuple[str, ...]] = ("POST",)
    access_methods: ClassVar[tuple[str, ...]] = ("POST",)
    places: ClassVar[tuple[str, ...]] = ("header", "query", "body")
    signature_methods: ClassVar[tuple[str, ...]] = ("HMAC-SHA1",)
    window_seconds: ClassVar[int] = 300
    request_token_seconds: ClassVar[int] = 900
    realm: ClassVar[str | None] = None
    request_required: ClassVar[tuple[str, ...]] = ()
    authorize_required: ClassVar[tuple[str, ...]] = ()
    token_parameter: ClassVar[str] = "oauth_token"
    consumer_key_parameter: ClassVar[str | None] = None
    email_scope: ClassVar[str | None] = None
    requires_user_agent: ClassVar[bool] = False
    oob: ClassVar[Literal["pin", "registered", "refused"]] = "refused"
    cancel: ClassVar[Cancel] = "page"
    fragment: ClassVar[str] = ""
    callback_fields: ClassVar[Mapping[str, str]] = {}
    dialect: ClassVar[Dialect] = "text"
    form_type: ClassVar[str] = FORM
    id_format: ClassVar[str] = "{number}"
    silent: ClassVar[bool] = False
    another_account: ClassVar[str] = "force_login=true"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        if "name" in cls.__dict__ and "path" not in cls.__dict__:
            cls.path = f"/{cls.name}"

    @classmethod
    def addresses(cls) -> dict[str, str]:
        """Return the real provider's addresses: ``request_token``, ``authorize``, ``access_token``, ``profile``."""
        profile = {"profile": cls.profile_url} if cls.profile_url else {}
        found = {"request_token": cls.request_token_url, "access_token": cls.access_token_url}
        return {**found, "authorize": cls.authorize_url, **profile}
