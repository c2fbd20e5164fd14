"""Writes docs/providers/, the tables of docs/providers.md and the one of docs/email.md: ``./run docs``.

How this works. What a page says comes from the provider's record: the protocol, the addresses, the scopes, the
variables, the steps, the notes, and what no page of the provider's has confirmed. What comes back is not written down
anywhere: each provider signs two users in at the sandbox, and the page has a row of what their identities had.

Two pages have text of their own around the tables. It stays.

Tests compare the pages with what this program would write: tests/house/test_catalogue_pages.py everything but the rows,
and tests/testing/test_catalogue.py the rows, where it signs in at each provider anyway.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from valetkey import Identity, Provider, Secret
from valetkey.providers.apple import apple
from valetkey.providers.record.built_in import RECIPES
from valetkey.providers.record.recipe import Recipe, Variable
from valetkey.providers.record.retired import RETIRED
from valetkey.settings.sandbox.app_keys import ec_key, rsa_key
from valetkey.testing import running_sandbox
from valetkey.testing.conformance import Candidate
from valetkey.testing.conformance.built_in import candidate_of, played_as

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "providers"
INDEX = ROOT / "docs" / "providers.md"
EMAIL = ROOT / "docs" / "email.md"

APP = "https://app.example.com"
SERVER = "https://server.example"
_ABOUT = {
    "client_id": "the client id",
    "client_secret": "the client secret",
    "key": "the consumer key",
    "secret": "the consumer secret",
    "private_key": "the private key in PEM; a line end may be `\\n`, two characters",
    "title": "the name on the button",
}
"""What the variables of most providers say, by the arguments that take them."""
_BEWARE = "[never {} with other users](../providers.md#another-server-in-a-providers-place)"
"""An account belongs to the provider's name and the id, so user 7 of another server would get that of user 7."""


_HEAD = "| `subject` | `handle` | `name` | `picture` | `email` | `email_verified` |\n|---|---|---|---|---|---|\n"
Rows = Mapping[str, str]
"""What comes back, by the sandbox's name for the provider: a row of the table."""


def play() -> Rows:
    """Sign in at each provider.

    Returns:
        The rows.
    """
    with running_sandbox() as sandbox:
        candidates = {played: candidate_of(played, sandbox) for name in RECIPES for played in played_as(name)}
        rows = {played: row_of(candidate) for played, candidate in candidates.items()}
        for candidate in candidates.values():
            candidate.close()
    return rows


def row_of(candidate: Candidate) -> str:
    """What comes back for a user with a verified e-mail address.

    Raises:
        SystemExit: the user is not signed in.
    """
    first = candidate.first.outcome.identity
    if first is None:
        sys.exit(f"{candidate.played}: nobody is signed in: {candidate.first.outcome.hint}")
    cells = [first.subject, first.handle, first.name, first.picture, first.email]
    return f"| {' | '.join('yes' if one else 'no' for one in cells)} | {_verified(first, candidate)} |"


def _verified(first: Identity, candidate: Candidate) -> str:
    """What ``email_verified`` says. Where it says yes, another user signs in, whose address is not verified."""
    if not first.email:
        return "no address"
    if not first.email_verified:
        return "never true: the provider says nothing that counts"
    another = candidate.signs_in("unverified").outcome.identity
    if another is None:
        sys.exit(f"{candidate.played}: a user whose address is not verified is not signed in")
    if another.email is None or another.email_verified:
        return "always true: the provider gives out no other address"
    return "as the provider says"


def rows_on_pages() -> Rows:
    """The rows that the pages have now."""
    found: dict[str, str] = {}
    for name in RECIPES:
        file = PAGES / f"{name}.md"
        text = file.read_text() if file.exists() else ""
        found |= zip(played_as(name), (rest.partition("\n")[0] for rest in text.split(_HEAD)[1:]), strict=False)
    return found


def provider_of(recipe: Recipe) -> Provider:
    """The provider as an app has it that sets what is required, and nothing else."""
    return recipe.make(**{one.argument: _value(recipe, one) for one in recipe.variables if one.required})


def _value(recipe: Recipe, variable: Variable) -> object:
    if variable.kind == "secret":
        is_key = variable.argument == "private_key"
        return Secret("secret" * 6 if not is_key else ec_key() if recipe.make is apple else rsa_key())
    if variable.kind in ("base", "issuer"):
        return variable.example
    return "SANDBOX001"


def page(recipe: Recipe, rows: Rows) -> str:
    """A provider's page."""
    origin = f"<!-- ./run docs writes this page, from src/valetkey/providers/{recipe.name}.py -->\n"
    weakness = f"> **Beware.** {recipe.weakness} valetkey cannot prevent this.\n" if recipe.weakness else ""
    parts = [one for one in (f"# {recipe.title}\n", origin, weakness, _facts(recipe)) if one]
    recipes = [one for one in (recipe, recipe.otherwise) if one is not None]
    for one, name in zip(recipes, played_as(recipe.name), strict=True):
        sections = [
            _steps(one),
            _variables(one),
            _comes_back(one, rows.get(name, "")),
            _notes(one),
            _doubts(one),
        ]
        if len(recipes) > 1:
            place = "" if one is recipe else ", in place of the above"
            parts.append(f"## Over {protocol_of(provider_of(one))}{place}\n")
            sections = [section.replace("## ", "### ", 1) for section in sections]
        parts += [section for section in sections if section]
    return "\n".join(parts)


def protocol_of(provider: Provider) -> str:
    """The name of its protocol."""
    return {"OAuth1": "OAuth 1.0a", "OAuth2": "OAuth 2.0", "OpenIDConnect": "OpenID Connect"}[
        type(provider.protocol).__name__
    ]


def address_of(provider: Provider) -> str:
    """What an app registers at the provider."""
    return f"{APP}/auth/{provider.callback_path}"


def _facts(recipe: Recipe) -> str:
    provider = provider_of(recipe)
    others = f", or {protocol_of(provider_of(recipe.otherwise))}" if recipe.otherwise else ""
    rows = [
        ("name in `VALETKEY_PROVIDERS`", f"`{recipe.name}`"),
        ("protocol", protocol_of(provider) + others),
        (f"the address to register, for `{APP}`", f"`{address_of(provider)}`"),
        (
            "the keys come from",
            f"<{recipe.keys_from}>" if re.fullmatch(r"https://\S+", recipe.keys_from) else recipe.keys_from,
        ),
    ]
    return "| | |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows)


def _steps(recipe: Recipe) -> str:
    if not recipe.steps:
        return ""
    return f"## At {recipe.title}\n\n" + "".join(f"{number}. {step}\n" for number, step in enumerate(recipe.steps, 1))


def _variables(recipe: Recipe) -> str:
    rows = [
        f"| `{one.name}` | {'yes' if one.required else 'no'} | {one.about or _about(recipe, one)} |\n"
        for one in recipe.variables
    ]
    return "## In your app\n\n| variable | required | |\n|---|---|---|\n" + "".join(rows)


def _about(recipe: Recipe, variable: Variable) -> str:
    if variable.argument == "client_secret" and not variable.required:
        return "the client secret. Without it, PKCE alone ties a code to your app"
    if variable.kind == "base":
        return (
            f"the server, such as `{variable.example}`"
            if variable.required
            else f"another server than {recipe.title}'s; {_BEWARE.format('one')}"
        )
    if variable.kind == "issuer":
        if variable.required:
            return f"the issuer, to the letter, such as `{variable.example}`; {_BEWARE.format('change it to a server')}"
        return "the issuer that this server names, if it is not the base"
    return _ABOUT[variable.argument]


def _comes_back(recipe: Recipe, row: str) -> str:
    scopes = " ".join(f"`{one}`" for one in getattr(provider_of(recipe).protocol, "scopes", ()))
    asked = f"valetkey asks for {scopes}.\n\n" if scopes else ""
    scoped = f"\nThe subject begins with the host of the server: `{SERVER.removeprefix('https://')}/…`.\n"
    return f"## What comes back\n\n{asked}{_HEAD}{row}\n{scoped if getattr(recipe.make, 'names_server', False) else ''}"


def _notes(recipe: Recipe) -> str:
    return "## Good to know\n\n" + "".join(f"- {note}\n" for note in recipe.notes) if recipe.notes else ""


def _doubts(recipe: Recipe) -> str:
    if not recipe.unverified:
        return ""
    text = f"No page of {recipe.title}'s confirms these points. If you see otherwise, please open an issue.\n\n"
    return "## Not confirmed\n\n" + text + "".join(f"- {point}\n" for point in recipe.unverified)


# The tables of the pages that have text of their own


def between(text: str, mark: str, table: str) -> str:
    """A page with the table between two comments."""
    begin, end = f"<!-- {mark}: written by ./run docs -->\n", f"<!-- end of {mark} -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        sys.exit(f"the page has no place for {mark}")
    return f"{head}{begin}\n{table}\n{end}{tail}"


def index_table() -> str:
    """The providers, with the addresses to register."""
    rows = [
        f"| [{recipe.title}](providers/{name}.md) | `{name}` | `{address_of(provider_of(recipe))}` |\n"
        for name, recipe in sorted(RECIPES.items(), key=lambda one: one[1].title.lower())
    ]
    head = f"| provider | name in `VALETKEY_PROVIDERS` | the address to register, for `{APP}` |\n|---|---|---|\n"
    return head + "".join(rows)


def retired_table() -> str:
    """The providers that are gone."""
    rows = [
        f"| {one.title} | {one.end} ([source](https://{one.source})) | {one.instead} |\n"
        for one in sorted(RETIRED.values(), key=lambda one: one.title.lower())
    ]
    return "| provider | what has ended | what to use |\n|---|---|---|\n" + "".join(rows)


def email_table(rows: Rows) -> str:
    """The providers, by what ``email_verified`` says of their addresses."""
    groups: dict[str, list[str]] = {}
    for name, recipe in RECIPES.items():
        groups.setdefault(rows.get(name, "").strip("| ").rpartition(" | ")[2], []).append(recipe.title)
    order = sorted(groups, key=lambda one: (-len(groups[one]), one))
    table = [f"| {', '.join(sorted(groups[one], key=str.lower))} | {one} |\n" for one in order]
    return "| provider | `email_verified` |\n|---|---|\n" + "".join(table)


def written(rows: Rows) -> dict[Path, str]:
    """Every page that this program writes."""
    pages = {PAGES / f"{name}.md": page(recipe, rows) for name, recipe in RECIPES.items()}
    index = between(INDEX.read_text(), "the providers", index_table())
    pages[INDEX] = between(index, "the retired providers", retired_table())
    pages[EMAIL] = between(EMAIL.read_text(), "what the providers say", email_table(rows))
    return pages


def main() -> None:
    PAGES.mkdir(exist_ok=True)
    pages = written(play())
    for old in set(PAGES.glob("*.md")) - set(pages):
        old.unlink()
    for file, text in pages.items():
        file.write_text(text)
    print(f"docs/providers: {len(pages) - 2} pages")


if __name__ == "__main__":
    main()
