"""A name of a provider that is gone: the error says so, and the name may still be an app's own server."""

from __future__ import annotations

import pytest

from valetkey import Settings, SettingsError
from valetkey.providers.record.built_in import RECIPES
from valetkey.providers.record.retired import RETIRED
from valetkey.settings.variables import may_be_described

BASIC = {"VALETKEY_URL": "https://app.example", "VALETKEY_SECRET": "nuHbp6PmjaZzUmPBnxIuiPBswEtwxlPIfO5dXx9jcKI5BQKn"}
DEAD_FOR_CERTAIN = {
    "live",
    "foursquare",
    "goodreads",
    "openstreetmap",
    "evernote",
    "pocket",
    "fitbit",
    "withings",
    "etsy",
}


def test_the_table_names_no_provider_that_ships() -> None:
    assert set(RETIRED) >= DEAD_FOR_CERTAIN
    assert not set(RETIRED) & set(RECIPES)
    assert list(RETIRED) == sorted(RETIRED)


@pytest.mark.parametrize("name", sorted(RETIRED))
def test_the_error_says_that_the_provider_is_gone_and_what_to_use(name: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({**BASIC, "VALETKEY_PROVIDERS": name})
    gone = RETIRED[name]
    said = (
        f"VALETKEY_PROVIDERS: {name}: no app can sign in with {gone.title} this way any more. {gone.end} {gone.instead}"
    )
    assert said in error.value.hint
    assert f"{name.upper()}_ISSUER" in error.value.hint
    assert "Did you mean" not in error.value.hint


def test_a_name_that_is_only_near_to_one_is_not_called_gone() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({**BASIC, "VALETKEY_PROVIDERS": "lives"})
    assert "there is no provider 'lives'" in error.value.hint


@pytest.mark.parametrize("name", sorted(RETIRED))
def test_with_an_issuer_the_name_is_a_server_of_the_apps_own(name: str) -> None:
    assert may_be_described(name)
    prefix = name.upper()
    own = {f"{prefix}_ISSUER": "https://id.example", f"{prefix}_CLIENT_ID": "id", f"{prefix}_CLIENT_SECRET": "secret"}
    (provider,) = Settings.from_environment({**BASIC, "VALETKEY_PROVIDERS": name, **own}).providers
    assert (provider.name, provider.protocol.credentials.identifier) == (name, "id")


@pytest.mark.parametrize("name", sorted(RETIRED))
def test_a_row_is_whole_sentences_and_an_address(name: str) -> None:
    gone = RETIRED[name]
    assert all(one.endswith(".") and one[0].isupper() for one in (gone.end, gone.instead))
    host, slash, path = gone.source.partition("/")
    assert "." in host
    assert slash and path and " " not in gone.source
