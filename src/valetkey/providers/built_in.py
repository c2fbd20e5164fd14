"""The providers that ship with valetkey, by name: what ``VALETKEY_PROVIDERS`` may list."""

from __future__ import annotations

from collections.abc import Mapping

from . import apple, discord, facebook, flickr, github, gitlab, google, microsoft, twitter
from .recipe import Recipe

RECIPES: Mapping[str, Recipe] = {
    one.RECIPE.name: one.RECIPE
    for one in (apple, discord, facebook, flickr, github, gitlab, google, microsoft, twitter)
}
