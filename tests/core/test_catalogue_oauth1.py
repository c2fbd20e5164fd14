"""What single providers over OAuth 1.0a have of their own, and what all of their records say of the protocol."""

from __future__ import annotations

from pathlib import Path as FilePath

import pytest

from core.catalogue import ROWS, oauth1
from core.catalogue.row import PER_SERVER, SERVER, Path, changed, made, private_key, read
from valetkey import Settings, SettingsError
from valetkey.errors import ProviderReplyInvalid
from valetkey.protocols.oauth1 import OAuth1

BASIC = {"VALETKEY_URL": "https://app.example", "VALETKEY_SECRET": "nuHbp6PmjaZzUmPBnxIuiPBswEtwxlPIfO5dXx9jcKI5BQKn"}


@pytest.mark.parametrize("name", sorted(PER_SERVER))
def test_the_path_of_a_server_is_a_part_of_its_name(name: str) -> None:
    here, below = (read(name, ROWS[name].reply, base=base) for base in ("https://a.example", "https://a.example/x"))
    assert here.subject != below.subject
    assert below.subject.startswith("a.example/x/")


def test_another_wiki_counts_its_users_itself() -> None:
    row = ROWS["wikimedia"]
    assert read("wikimedia", row.reply).subject == "12345678"
    assert read("wikimedia", row.reply, base="https://wiki.example").subject == "wiki.example/12345678"
    assert read("wikimedia", row.reply, base="https://wiki2.example").subject == "wiki2.example/12345678"


def test_a_user_of_tumblr_is_the_primary_blog_and_no_other() -> None:
    row = ROWS["tumblr"]
    blogs: Path = ("response", "user", "blogs")
    side, primary = row.reply["response"]["user"]["blogs"]
    for wrong in (
        [],
        [side],
        [primary, {**side, "primary": True}],
        [{**primary, "primary": "true"}],
        {"0": primary},
        None,
    ):
        with pytest.raises(ProviderReplyInvalid):
            read("tumblr", changed(row.reply, blogs, wrong))
    assert read("tumblr", changed(row.reply, blogs, [primary, side])).subject == row.profile.subject
    assert read("tumblr", changed(row.reply, blogs, [7, None, primary])).subject == row.profile.subject


def test_a_visitor_of_confluence_who_is_not_signed_in_is_nobody() -> None:
    for value in ("anonymous", "unknown", None, True):
        with pytest.raises(ProviderReplyInvalid):
            read("confluence", changed(ROWS["confluence"].reply, ("type",), value))


@pytest.mark.parametrize("name", sorted(oauth1.ROWS))
def test_the_whole_exchange_is_over_tls_and_confirms_the_callback(name: str) -> None:
    protocol = made(name).protocol
    assert isinstance(protocol, OAuth1)
    assert all(url.startswith("https://") for url in (*made(name).requested, protocol.authorize_url))
    assert not protocol.trusts_callback_without_confirmation


@pytest.mark.parametrize("name", ["jira", "confluence"])
def test_a_private_key_comes_from_a_variable_or_a_file(name: str, tmp_path: FilePath) -> None:
    prefix = name.upper()
    environ = {**BASIC, "VALETKEY_PROVIDERS": name, f"{prefix}_CONSUMER_KEY": "key", f"VALETKEY_{prefix}_BASE": SERVER}
    (tmp_path / "key.pem").write_text(private_key())
    for more in (
        {f"{prefix}_PRIVATE_KEY": private_key()},
        {f"{prefix}_PRIVATE_KEY": private_key().replace("\n", "\\n")},
        {f"{prefix}_PRIVATE_KEY_FILE": str(tmp_path / "key.pem")},
    ):
        (provider,) = Settings.from_environment({**environ, **more}).providers
        assert isinstance(provider.protocol, OAuth1)
        assert provider.protocol.credentials.private_key is not None
        assert provider.protocol.credentials.private_key.reveal().strip() == private_key().strip()
        assert provider.protocol.credentials.secret is None
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({**environ, f"{prefix}_PRIVATE_KEY": "canary"})
    assert f"Provider '{name}': OAuth 1.0a: {prefix}_PRIVATE_KEY must be an RSA key in PEM" in error.value.hint
    assert "canary" not in str(error.value)


def test_a_user_is_asked_for_as_little_as_the_provider_has() -> None:
    """Without its word, Zotero makes a key to the user's library, and SmugMug gives access to private albums."""
    asked = {name: made(name).protocol for name in ("zotero", "smugmug", "hatena")}
    assert all(isinstance(one, OAuth1) for one in asked.values())
    parameters = {name: (one.authorize_parameters, one.request_parameters) for name, one in asked.items()}  # type: ignore[attr-defined]
    assert parameters == {
        "zotero": ({"identity": "1"}, {}),
        "smugmug": ({"Access": "Public", "Permissions": "Read"}, {}),
        "hatena": ({}, {"scope": "read_public"}),
    }


def test_trello_shows_the_name_of_the_app() -> None:
    plain, shown = made("trello").protocol, made("trello", app_name="Ada & Söhne").protocol
    assert isinstance(plain, OAuth1)
    assert isinstance(shown, OAuth1)
    assert plain.authorize_parameters == {"scope": "read", "expiration": "1hour"}
    assert shown.authorize_parameters == {"scope": "read", "expiration": "1hour", "name": "Ada & Söhne"}
    environ = {**BASIC, "VALETKEY_PROVIDERS": "trello", "TRELLO_CONSUMER_KEY": "k", "TRELLO_CONSUMER_SECRET": "s"}
    (provider,) = Settings.from_environment({**environ, "TRELLO_APP_NAME": "Ada's app"}).providers
    assert isinstance(provider.protocol, OAuth1)
    assert provider.protocol.authorize_parameters["name"] == "Ada's app"
