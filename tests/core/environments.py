"""Environments that several files read, and what reading one gives."""

from __future__ import annotations

import pytest

from valetkey import Profile, Provider, Secret, Settings, SettingsError
from valetkey.protocols.oauth1 import ClientCredentials, OAuth1

SECRET = "nuHbp6PmjaZzUmPBnxIuiPBswEtwxlPIfO5dXx9jcKI5BQKn"
BASIC = {"VALETKEY_URL": "https://app.example", "VALETKEY_SECRET": SECRET}
X = {"TWITTER_CONSUMER_KEY": "key-of-x", "TWITTER_CONSUMER_SECRET": "secret-of-x"}
FLICKR = {"FLICKR_CONSUMER_KEY": "key-of-flickr", "FLICKR_CONSUMER_SECRET": "secret-of-flickr"}
GOOGLE = {**BASIC, "VALETKEY_PROVIDERS": "google", "GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret"}
ACME = {
    **BASIC,
    "VALETKEY_PROVIDERS": "acme",
    "ACME_ISSUER": "https://id.acme.example/realms/a/",
    "ACME_CLIENT_ID": "id-at-acme",
    "ACME_CLIENT_SECRET": "secret-of-acme",
}
NAMED = ("google", "github", "microsoft", "facebook", "discord", "gitlab")


def own(name: str = "own", access_token_url: str = "https://own.example.com/a") -> Provider:
    return Provider(
        name=name,
        title="Own",
        protocol=OAuth1(
            credentials=ClientCredentials(identifier="k", secret=Secret("s")),
            request_token_url="https://own.example.com/r",
            access_token_url=access_token_url,
            authorize_url="https://own.example.com/z",
        ),
        identify=lambda fields: Profile(subject=fields["id"]),
    )


def read(environ: dict[str, str], *providers: Provider, **more: str) -> tuple[Provider, ...]:
    return Settings.from_environment({**environ, **more}, providers=providers).providers


def refused(environ: dict[str, str], *providers: Provider, **more: str) -> str:
    """The hint of the refusal. It does not repeat a value: the secret's, or one with ``canary`` in it."""
    with pytest.raises(SettingsError) as error:
        read(environ, *providers, **more)
    assert SECRET not in str(error.value)
    assert "canary" not in str(error.value)
    return error.value.hint
