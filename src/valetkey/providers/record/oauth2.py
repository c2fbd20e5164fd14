"""The record of a provider over OAuth 2.0."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...crypto import Secret
from ...protocols.oauth2 import ClientCredentials, OAuth2, OAuth2Facts
from .declared import ANY_SECRET, ANY_SERVER, Declared, moved
from .provider import Provider
from .recipe import Variable, base_variable, client_variables, elsewhere_variables


@dataclass(frozen=True, kw_only=True)
class OAuth2Record(Declared, OAuth2Facts):
    """A provider over OAuth 2.0, without an app's keys. Its arguments are those of ``Declared``, ``ProviderFacts`` and
    ``OAuth2Facts``.

    Raises:
        SettingsError: the record cannot work.
    """

    def __post_init__(self) -> None:
        self(client_id="id", client_secret=ANY_SECRET, base=ANY_SERVER if self.names_server else None)

    def __call__(
        self, *, client_id: str, client_secret: Secret | None = None, base: str | None = None, issuer: str | None = None
    ) -> Provider:
        """Make the provider.

        Args:
            client_id: the app's client id.
            client_secret: its secret. None for a public client.
            base: another server in the provider's place; the server, if the record is of one that the app names.
            issuer: what that server sends as ``iss``, if it sends one (RFC 9207).
        """
        facts = {one.name: moved(getattr(self, one.name), base) for one in fields(OAuth2Facts) if _is_address(one.name)}
        facts |= {one.name: getattr(self, one.name) for one in fields(OAuth2Facts) if one.name not in facts}
        facts["issuer"] = issuer or (None if base else self.issuer)
        credentials = ClientCredentials(identifier=client_id, secret=client_secret)
        return self.provided(OAuth2(credentials=credentials, **facts), base)

    @property
    def addresses(self) -> tuple[str | None, ...]:
        return (*super().addresses, self.authorize_url, self.token_url)

    def variables(self, *, may_be_public: bool) -> tuple[Variable, ...]:
        base, issuer = elsewhere_variables(self.name)
        if self.names_server:
            base = base_variable(self.name, required=True)
        return (*client_variables(self.name, may_be_public=may_be_public), base, issuer)


def _is_address(name: str) -> bool:
    return name.endswith("_url")
