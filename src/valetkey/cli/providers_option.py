"""``--providers google,spotify`` or ``--providers all``: which providers an app at the sandbox has."""

from __future__ import annotations

import click

from ..providers.record.built_in import RECIPES
from ..testing.sandbox import CATALOGUE
from ..testing.sandbox import PROVIDERS as PLAYED

_ALL = "all"
_ANY_SERVER = "acme"  # a plain OpenID Connect server, which is no provider that ships


def _chosen(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """Return the names in the order of the buttons; None if the option was not given."""
    if text is None:
        return None
    known = (*(name for name in RECIPES if name in PLAYED or name in CATALOGUE), _ANY_SERVER)
    named = [name.strip().lower() for name in text.split(",")]
    wanted = tuple(dict.fromkeys(name for name in named if name))
    if wanted == (_ALL,):
        return known
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        said = f"there is no {', '.join(map(repr, unknown))}" if unknown else "it names no provider"
        raise click.BadParameter(f"{said}. Write {_ALL}, or some of {', '.join(known)}.", context, parameter)
    return wanted


providers_option = click.option(
    "--providers",
    default=None,
    metavar="NAMES",
    callback=_chosen,
    help="The providers, in the order of the buttons: such as google,spotify, or all. [default: nine of them]",
)
