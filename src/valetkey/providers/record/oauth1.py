"""The record of a provider over OAuth 1.0a."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from ...crypto import Secret
from ...errors import SettingsError
from ...protocols.oauth1 import ClientCredentials, OAuth1, OAuth1Facts
from .declared import ANY_SECRET, ANY_SERVER, Declared, moved
from .provider import Provider
from .recipe import Variable, base_variable, consumer_variables, private_key_variable

_ADDRESSES = ("request_token_url", "authorize_url", "access_token_url")


@dataclass(frozen=True, kw_only=True)
class OAuth1Record(Declared, OAuth1Facts):
    """A provider over OAuth 1.0a, without an app's keys. Its arguments are those of ``Declared``, ``ProviderFacts`` and
    ``OAuth1Facts``.

    Raises:
        SettingsError: the record cannot work, or would not be safe.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._has_private_key:  # what is wrong with a key, the app that has it learns; the rest needs none
            replace(self, signature_method="HMAC-SHA1")
        else:
            self(key="key", secret=ANY_SECRET, base=ANY_SERVER if self.names_server else None)

    def __call__(
        self, *, key: str, secret: Secret | None = None, private_key: Secret | None = None, base: str | None = None
    ) -> Provider:
        """Make the provider.

        Args:
            key: the app's consumer key.
            secret: its consumer secret. None where a private key signs.
            private_key: an RSA key in PEM, where the signature method is RSA-SHA1. A line end may be written as
                ``\\n``, two characters.
            base: another server in the provider's place; the server, if the record is of one that the app names.

        Raises:
            SettingsError: a key is missing or malformed.
        """
        facts = {one.name: getattr(self, one.name) for one in fields(OAuth1Facts)}
        facts |= {name: moved(facts[name], base) for name in _ADDRESSES}
        if private_key is not None:
            private_key = Secret(private_key.reveal().replace("\\r", "").replace("\\n", "\n"))
        credentials = ClientCredentials(identifier=key, secret=secret, private_key=private_key)
        try:
            protocol = OAuth1(credentials=credentials, **facts)
        except SettingsError as error:  # an app may have several providers, and the fault is in the keys of this one
            raise SettingsError(f"Provider {self.name!r}: {error.hint}") from None
        return self.provided(protocol, base)

    @property
    def addresses(self) -> tuple[str | None, ...]:
        return (*super().addresses, *(getattr(self, name) for name in _ADDRESSES))

    def variables(self, *, may_be_public: bool) -> tuple[Variable, ...]:
        if may_be_public:
            raise SettingsError("OAuth 1.0a has no public clients: every request is signed (RFC 5849 §3.1).")
        key, secret = consumer_variables(self.name)
        signs = private_key_variable(self.name) if self._has_private_key else secret
        return (key, signs, base_variable(self.name, required=self.names_server))

    @property
    def _has_private_key(self) -> bool:
        return self.signature_method == "RSA-SHA1"
