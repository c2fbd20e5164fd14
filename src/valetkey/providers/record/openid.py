"""The record of a provider over OpenID Connect."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from ...crypto import Secret
from ...errors import SettingsError
from ...protocols.discovery import ServerMetadata
from ...protocols.oauth2 import ClientCredentials
from ...protocols.openid import OpenIDConnect, OpenIDFacts
from .claims import read_claims, read_userinfo
from .declared import ANY_SECRET, ANY_SERVER, Declared
from .provider import Provider
from .recipe import Variable, client_variables, elsewhere_variables, issuer_variables


@dataclass(frozen=True, kw_only=True)
class OpenIDRecord(Declared, OpenIDFacts):
    """A provider over OpenID Connect, without an app's keys. Its other arguments are those of ``Declared``,
    ``ProviderFacts`` and ``OpenIDFacts``.

    If it has neither ``fields`` nor ``identify``, it reads the standard claims.

    Args:
        metadata: the issuer and its addresses. None: each app names the issuer, and it is discovered.
        issuer_form: a regular expression for the issuers that an app may name. It refuses at the start what a developer
            takes for the issuer by mistake, such as an address without the slash at its end.
        issuer_example: an issuer of that form, for the message.

    Raises:
        SettingsError: the record cannot work.
    """

    metadata: ServerMetadata | None = None
    issuer_form: str = r".*"
    issuer_example: str = ANY_SERVER

    def __post_init__(self) -> None:
        self(client_id="id", client_secret=ANY_SECRET, issuer=None if self.metadata else self.issuer_example)

    def __call__(
        self,
        *,
        client_id: str,
        client_secret: Secret | None = None,
        base: str | None = None,
        issuer: str | None = None,
        title: str | None = None,
    ) -> Provider:
        """Make the provider.

        Args:
            client_id: the app's client id.
            client_secret: its secret. None for a public client.
            base: another server in the provider's place, which is discovered.
            issuer: what that server names itself, if it is not ``base``; the issuer, to the letter, if the record has
                none. It is discovered.
            title: its name on the button, if not the record's.

        Raises:
            SettingsError: there is no issuer, or something is malformed.
        """
        elsewhere = issuer or base
        if elsewhere is not None and not re.fullmatch(self.issuer_form, elsewhere):
            raise SettingsError(
                f"{self.name.upper()}_ISSUER: this is no issuer of {self.title}. Compare its host and its end with "
                f"{self.issuer_example}"
            )
        protocol = OpenIDConnect(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            issuer=elsewhere or (self.metadata.issuer if self.metadata is not None else ""),
            metadata=None if elsewhere else self.metadata,
            **{one.name: getattr(self, one.name) for one in fields(OpenIDFacts)}
            | ({"other_issuers": ()} if elsewhere else {}),
        )
        more: dict[str, object] = {} if title is None else {"title": title}
        if self.identify is None and self.fields is None and self.profile_url is None:
            more["identify"] = read_claims
            if self.reads_userinfo and self.describe is None:
                more["describe"] = read_userinfo
        return self.provided(protocol, base, **more)

    def variables(self, *, may_be_public: bool) -> tuple[Variable, ...]:
        keys = client_variables(self.name, may_be_public=may_be_public)
        if self.metadata is None:
            return issuer_variables(self.name, keys, example=self.issuer_example)
        return (*keys, *elsewhere_variables(self.name))
