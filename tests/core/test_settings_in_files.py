"""``NAME_FILE`` beside every secret ``NAME``, as containers mount secrets; and one rule for names that are misspelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from valetkey import Settings, SettingsError
from valetkey.providers.record.built_in import RECIPES
from valetkey.settings.environment import database_of
from valetkey.settings.framework_config import with_config
from valetkey.settings.variables import shipped_secrets, shipped_variables

SECRET = "nuHbp6PmjaZzUmPBnxIuiPBswEtwxlPIfO5dXx9jcKI5BQKn"
GOOD = {
    "TWITTER_CONSUMER_KEY": "key-of-x",
    "TWITTER_CONSUMER_SECRET": "secret-of-x",
    "FLICKR_CONSUMER_KEY": "key-of-flickr",
    "FLICKR_CONSUMER_SECRET": "secret-of-flickr",
    "GOOGLE_CLIENT_ID": "id-at-google",
    "GOOGLE_CLIENT_SECRET": "secret-of-google",
    "ACME_ISSUER": "https://id.acme.example/",
    "ACME_CLIENT_ID": "id-at-acme",
    "ACME_CLIENT_SECRET": "secret-of-acme",
    "VALETKEY_PROVIDERS": "twitter,flickr,google,acme",
    "VALETKEY_URL": "https://app.example",
    "VALETKEY_SECRET": SECRET,
    "VALETKEY_DATABASE": "sqlite:///from-a-variable.db",
}


OF_PROVIDERS = ["TWITTER_CONSUMER_SECRET", "FLICKR_CONSUMER_SECRET", "GOOGLE_CLIENT_SECRET", "ACME_CLIENT_SECRET"]
# Those of this app, among them one of a provider that variables alone describe.
MAY_BE_IN_FILES = sorted({*(shipped_secrets() & set(GOOD)), *OF_PROVIDERS})


def in_files(directory: Path, end: str = "") -> dict[str, str]:
    """All secrets of this app in files."""
    environ = {name: value for name, value in GOOD.items() if name not in MAY_BE_IN_FILES}
    for name in MAY_BE_IN_FILES:
        (directory / name).write_bytes((GOOD[name] + end).encode())
        environ[f"{name}_FILE"] = str(directory / name)
    return environ


def without(environ: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_may_be_in_a_file(tmp_path: Path, end: str) -> None:
    """Every one of them; a line end that an editor adds is no part of it."""
    settings = Settings.from_environment(in_files(tmp_path, end))
    assert [one.reveal() for one in settings.secrets] == [SECRET]
    found = [one.protocol.credentials.secret for one in settings.providers]
    secrets = [one.reveal() for one in found if one is not None]
    assert secrets == [GOOD[name] for name in OF_PROVIDERS]
    assert settings.database == GOOD["VALETKEY_DATABASE"]
    of_others = {"VALETKEY_SECRET", "VALETKEY_DATABASE", "APPLE_PRIVATE_KEY"}
    assert of_others <= shipped_secrets()
    kinds = {name.partition("_")[2] for name in shipped_secrets() - of_others}
    assert kinds == {"CONSUMER_SECRET", "CLIENT_SECRET", "PRIVATE_KEY"}
    assert {name.partition("_")[0].lower() for name in shipped_secrets() - of_others} == set(RECIPES) - {"apple"}
    assert {f"{name}_FILE" for name in shipped_secrets()} <= shipped_variables()


@pytest.mark.parametrize("end", ["\n\n", " \n", "\t", "\n\r", " "])
def test_one_line_end_is_removed_and_nothing_else(tmp_path: Path, end: str) -> None:
    with pytest.raises(SettingsError, match="TWITTER_CONSUMER_SECRET: it has a space, a line end or a quote"):
        Settings.from_environment(in_files(tmp_path, end))


@pytest.mark.parametrize("name", MAY_BE_IN_FILES)
def test_both_ways_are_one_too_many(tmp_path: Path, name: str) -> None:
    environ = in_files(tmp_path)
    with pytest.raises(SettingsError, match=f"{name} and {name}_FILE are both set. Unset one of them"):
        Settings.from_environment({**environ, name: GOOD[name]})
    assert Settings.from_environment({**environ, name: ""})  # as if it had not been set
    assert Settings.from_environment({**GOOD, f"{name}_FILE": " "})


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    """The variable is named; neither what is in the file nor where it is."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"canary\xff")
    (tmp_path / "large").write_text("canary" * 20_000)
    for file, sentence in (
        ("canary-missing", "the file cannot be read (No such file or directory)"),
        (".", "the file cannot be read (Is a directory)"),
        ("empty", "the file is empty"),
        ("binary", "the file is not text in UTF-8"),
        ("large", "the file is too large for a secret"),
        ("canary\0", "the file cannot be read"),
    ):
        environ = {**without(GOOD, "VALETKEY_SECRET"), "VALETKEY_SECRET_FILE": str(tmp_path / file)}
        with pytest.raises(SettingsError) as refused:
            Settings.from_environment(environ)
        assert f"VALETKEY_SECRET_FILE: {sentence}" in str(refused.value)
        assert "canary" not in str(refused.value)
        assert "Not set" not in str(refused.value)
    with pytest.raises(SettingsError) as all_at_once:
        Settings.from_environment({**environ, "VALETKEY_COOKIE": "a b"})
    assert "VALETKEY_SECRET_FILE: " in str(all_at_once.value)
    assert "VALETKEY_COOKIE: " in str(all_at_once.value)


def test_a_key_whose_file_cannot_be_read_is_not_called_wrong(tmp_path: Path) -> None:
    """Nothing is known of its content. The control: the same sentence is due for a file with another content."""
    ids = {"APPLE_CLIENT_ID": "com.example", "APPLE_TEAM_ID": "ABCDEFGHIJ", "APPLE_KEY_ID": "ABCDEFGHIJ"}
    environ = {**GOOD, **ids, "VALETKEY_PROVIDERS": "apple", "APPLE_PRIVATE_KEY_FILE": str(tmp_path / "key")}
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    assert "APPLE_PRIVATE_KEY_FILE: the file cannot be read" in caught.value.hint
    assert "not the key that Apple gave out" not in caught.value.hint
    (tmp_path / "key").write_text("another")
    with pytest.raises(SettingsError, match="not the key that Apple gave out"):
        Settings.from_environment(environ)


def test_what_is_no_secret_has_no_file(tmp_path: Path) -> None:
    name = "TWITTER_CONSUMER_KEY"
    with pytest.raises(SettingsError, match=rf"Unknown: {name}_FILE. Did you mean {name}[?]"):
        Settings.from_environment({**GOOD, f"{name}_FILE": str(tmp_path / "key")})


def test_a_frameworks_configuration_counts_more_whichever_way_it_uses(tmp_path: Path) -> None:
    files, name = in_files(tmp_path), "VALETKEY_DATABASE"
    assert database_of(with_config(GOOD, {f"{name}_FILE": files[f"{name}_FILE"]})) == GOOD[name]
    assert database_of(with_config(files, {name: "sqlite:///configured.db"})) == "sqlite:///configured.db"
    assert database_of(with_config(files, {name: None})) == GOOD[name]
    both = with_config({}, {name: "sqlite:///x.db", f"{name}_FILE": files[f"{name}_FILE"]})
    with pytest.raises(SettingsError, match="both set"):
        database_of(both)


def test_a_command_that_needs_the_database_only(tmp_path: Path) -> None:
    assert database_of({}) == "sqlite:///valetkey.db"
    assert database_of({"VALETKEY_DATABASE": "sqlite:///a.db"}) == "sqlite:///a.db"
    assert database_of(in_files(tmp_path)) == GOOD["VALETKEY_DATABASE"]
    with pytest.raises(SettingsError, match="VALETKEY_DATABASE_FILE"):
        database_of({"VALETKEY_DATABASE_FILE": str(tmp_path / "missing")})


SLIPS = [
    ("VALETKEY_DATABSE", "VALETKEY_DATABASE"),
    ("VALETKEY_SECRETS", "VALETKEY_SECRET"),
    ("VALETKEY_SECRETS_FILE", "VALETKEY_SECRET_FILE"),
    ("VALETKEY_PROVIDER", "VALETKEY_PROVIDERS"),
    ("VALETKEY_FLICKR_CONSUMER_KEY", "FLICKR_CONSUMER_KEY"),
]


@pytest.mark.parametrize(("name", "meant"), SLIPS)
def test_one_rule_finds_a_misspelt_name_everywhere(name: str, meant: str) -> None:
    """In the environment and in a configuration: the same names, in the same words."""
    sentence = f"Unknown: {name}. Did you mean {meant}?"
    with pytest.raises(SettingsError) as in_environment:
        Settings.from_environment({**GOOD, name: "canary"})
    with pytest.raises(SettingsError) as in_config:
        with_config(GOOD, {name: "canary"})
    assert in_environment.value.hint == in_config.value.hint == sentence


def test_a_misspelt_name_of_a_provider_in_a_configuration() -> None:
    """By the same rule: of a provider that the app has. The name of another may belong to another library."""
    with pytest.raises(SettingsError, match=r"Unknown: TWITTER_CONSUMER_KEYY. Did you mean TWITTER_CONSUMER_KEY[?]"):
        Settings.from_environment(with_config(GOOD, {"TWITTER_CONSUMER_KEYY": "canary"}))
    others = {"VALETKEY_PROVIDERS": "twitter", "FLICKR_CONSUMER_KEYY": "canary", "TWITTER_BEARER_TOKEN": "canary"}
    assert Settings.from_environment(with_config(GOOD, others))


def test_a_name_like_none_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody but the app writes its configuration, so there it is a mistake; in the environment others write, too."""
    assert Settings.from_environment({**GOOD, "VALETKEY_SERVICE_HOST": "10.0.0.1"})
    assert "VALETKEY_SERVICE_HOST" in caplog.text
    with pytest.raises(SettingsError, match=r"Unknown: VALETKEY_SERVICE_HOST\."):
        with_config(GOOD, {"VALETKEY_SERVICE_HOST": "10.0.0.1"})
