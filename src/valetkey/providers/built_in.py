"""The providers that ship with valetkey, by name: what ``VALETKEY_PROVIDERS`` may list."""

from __future__ import annotations

from collections.abc import Mapping

from . import flickr, twitter
from .recipe import Recipe

RECIPES: Mapping[str, Recipe] = {one.name: one for one in (flickr.RECIPE, twitter.RECIPE)}
