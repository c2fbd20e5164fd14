"""An app's own popup pages in the place of ours: what they may name, and what stops a start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from string import Template

import pytest
from click.testing import CliRunner
from support.browser import Browser
from support.servers import app_and_provider

from valetkey import Secret, SettingsError
from valetkey.cli.main import main
from valetkey.errors import Denied, ProviderUnavailable
from valetkey.providers.twitter import twitter
from valetkey.web.pages import Pages, shipped_templates
from valetkey.web.pages.template_files import Split

X = twitter(key="key", secret=Secret("secret"))
GERMAN = """<!doctype html><html lang="de"><head><title>Nicht angemeldet</title>$head</head>
<body $nudge><img src="/logo.svg" alt=""><h1>$message</h1>$next</body></html>"""


def test_ours_are_the_ones_to_start_from(tmp_path: Path) -> None:
    """Written by the command, never over what is there, and the same pages as without."""
    ran = CliRunner().invoke(main, ["templates", str(tmp_path)])
    assert ran.exit_code == 0
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == shipped_templates()
    (tmp_path / "done.html").write_text("mine")
    again = CliRunner().invoke(main, ["templates", str(tmp_path)])
    assert "left unchanged" in again.output
    assert (tmp_path / "done.html").read_text() == "mine"
    (tmp_path / "done.html").unlink()
    assert Pages(prefix="/auth", templates=tmp_path).done(provider=X, login_id="A") == Pages(prefix="/auth").done(
        provider=X, login_id="A"
    )


@pytest.mark.parametrize("text", [*shipped_templates().values(), "$head${nudge}$$$home", "", "no gap", "$head"])
def test_a_template_is_what_python_makes_of_it(text: str) -> None:
    """It is split once; ``string.Template`` reads it anew each time. Some values may be filled in before the others."""
    values = {name: f"<{name}>$x" for name in Template(text).get_identifiers()}
    made = Template(text).substitute(values)
    some = dict(list(values.items())[::2])
    assert Split(text).text(values) == made
    assert Split(text).filled_in(some).text(values) == made


def test_other_words(tmp_path: Path) -> None:
    (tmp_path / "failed.html").write_text(GERMAN)
    (tmp_path / "failed-close.html").write_text("<button data-close>Schließen</button>")
    (tmp_path / "errors.toml").write_text('denied = "Sie haben <abgelehnt>."\n')
    pages = Pages(prefix="/auth", templates=tmp_path)
    shown = pages.failed(Denied())
    assert "<h1>Sie haben &lt;abgelehnt&gt;.</h1><button data-close>Schließen</button>" in shown
    assert "data-closes" in shown
    assert "/auth/popup.js" in shown
    assert "does not answer" in pages.failed(ProviderUnavailable())  # the others are as they were
    assert "Signed in." in pages.done(provider=X, login_id="A" * 22)


def test_what_goes_in_is_escaped() -> None:
    sly = '"><script>alert(1)</script>$head'
    page = Pages(prefix="/auth").begin(provider=replace(X, title=sly), continue_url=f"https://x.test/?a={sly}")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert Pages(prefix="/auth").failed(ProviderUnavailable(sly)).count("<script") == 1  # popup.js


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("done.html", "$head $nudge $secret", "$secret is not known"),
        ("done.html", "$head", "$nudge is missing"),
        ("begin.html", "<p>no way on</p>", "$continue_url is missing"),
        ("done.html", "$head $nudge costs 5 $ only", "dollar sign"),
        ("done.html", "$head $nudge <script>go()</script>", "policy blocks"),
        ("done.html", "$head $nudge <p style='color:red'>", "policy blocks"),
        ("done.html", "$head $nudge <a onclick=go()>", "policy blocks"),
        ("dome.html", "", "there is no such page"),
        ("errors.toml", "denied = 5", "denied"),
        ("errors.toml", 'denyed = "x"', "denyed"),
        ("errors.toml", "denied", "errors.toml"),
    ],
)
def test_what_cannot_work_stops_the_start(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError) as refused:
        Pages(prefix="/auth", templates=tmp_path)
    assert said in refused.value.hint
    assert name in refused.value.hint


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="VALETKEY_TEMPLATES"):
        Pages(prefix="/auth", templates=tmp_path / "nowhere")


def test_by_the_environment(tmp_path: Path) -> None:
    """A real server shows them, under the same policy, with the page's own origin for pictures."""
    (tmp_path / "failed.html").write_text(GERMAN)
    with app_and_provider(VALETKEY_TEMPLATES=str(tmp_path)) as (app, _):
        answer = Browser(app.base).visit("/auth/twitter/failed?code=denied")
    assert answer.status == 403
    assert '<html lang="de">' in answer.text
    assert "img-src 'self'" in (answer.header("content-security-policy") or "")
    assert "unsafe" not in (answer.header("content-security-policy") or "")
