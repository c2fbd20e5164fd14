"""Where our routes are in the project's urlconf, and whether that is where the callback URL leads.

How this works: the urlconf is walked to our view. A name would not find it, because a project may put our urls into any
namespace. What stands before the view is a path that never changes, or one that depends on the language
(``i18n_patterns``, a translated ``path``) or on a parameter. A provider calls back at one address, so only the first
kind is of use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings as django_settings
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import LocalePrefixPattern
from django.utils.functional import Promise
from django.utils.regex_helper import normalize

from ...providers.record.recipe import callback_variable
from ...settings import Settings

_VIEW = "valetkey.frameworks.django.views.answer"
INCLUDE = 'include("valetkey.frameworks.django.urls")'


@dataclass(frozen=True, slots=True)
class Mount:
    """One place of our routes in the urlconf.

    Args:
        path: with a slash at its beginning and none at its end; without ``SCRIPT_NAME``, and without a language.
        by_language: the address depends on the language.
        has_parameter: a part of the address is whatever a request has there.
        in_i18n_patterns: it is ``i18n_patterns`` by which the address depends on the language.
        has_slash: the path ends with a slash in the urlconf. Without one, Django has the routes at ``/authgoogle``.
    """

    path: str
    by_language: bool = False
    has_parameter: bool = False
    in_i18n_patterns: bool = False
    has_slash: bool = True

    @property
    def is_fixed(self) -> bool:
        return not self.by_language and not self.has_parameter


def mounts() -> list[Mount]:
    """Every place of our routes, in the order of the urlconf."""
    return list(_below(get_resolver(), Mount("/")))


def mount_of(settings: Settings) -> str | None:
    """The path of our routes in the urlconf to which the callback URL leads. None if there is none.

    The server may put a path of its own before the routes (``SCRIPT_NAME``), which the callback URL has and the urlconf
    does not.
    """
    usable = (one for one in mounts() if one.is_fixed and one.has_slash)
    fits = (one.path for one in usable if _ends_with(settings.public_prefix, one.path))
    return next(fits, None)


def misplaced(settings: Settings) -> str | None:
    """A sentence with its fix, if the callback URL does not lead to our routes. None if it does."""
    mount = mount_of(settings)
    if mount is not None:
        return _contradicted(settings, settings.public_prefix.removesuffix(mount))
    found = mounts()
    fixed = [one for one in found if one.is_fixed]
    name = settings.prefix.strip("/")
    if not found:
        return f'The routes are not in the urlconf. Add path("{name}/", {INCLUDE}).'
    if not fixed:
        return _not_one_address(found[0], name)
    mounted = fixed[0].path
    if not fixed[0].has_slash:
        return (
            "The path of the routes in the urlconf has no slash at its end, so that they are at addresses such as "
            f'{mounted}{settings.providers[0].name}. Write path("{mounted.strip("/")}/", {INCLUDE}).'
        )
    if not settings.listed_callbacks:  # nothing says where the routes are, so they are at the default
        provider = settings.providers[0]
        address = f"{settings.public_origin}{mounted}/{provider.callback_path}"
        setting = f"{callback_variable(provider.name)}={address}"
        if _ends_with(mounted, settings.prefix):
            setting = f"VALETKEY_URL={settings.public_origin}{mounted.removesuffix(settings.prefix)}"
        return (
            f"The routes are at {mounted}/ in the urlconf, and no setting says so. Put them at {settings.prefix}/, or "
            f"set {setting} and register the callback URL {address} at the provider."
        )
    return (
        f"The callback URL says that the routes are at {settings.public_prefix}/, and the urlconf has them at "
        f"{mounted}/. Change one of them; the callback URL also in the provider's settings."
    )


def placed(settings: Settings) -> Settings:
    """The settings with the path of the routes as the urlconf has it, where the callback URL names a longer one: what
    comes before it is the path of the app."""
    try:
        mount = mount_of(settings)
    except Exception:  # a urlconf that does not load is Django's to report
        return settings
    if mount is None or mount == settings.prefix:
        return settings
    base = settings.public_prefix.removesuffix(mount)
    return replace(settings, prefix=mount, url=f"{settings.public_origin}{base}")


def _below(resolver: Any, above: Mount) -> Iterator[Mount]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            if one.lookup_str == _VIEW:
                yield replace(above, path=above.path.rstrip("/"), has_slash=above.path.endswith("/"))
        else:
            yield from _below(one, _with(above, one.pattern))


def _with(above: Mount, pattern: Any) -> Mount:
    if isinstance(pattern, LocalePrefixPattern):
        return Mount(above.path, True, above.has_parameter, True)
    # A pattern keeps what it was given: a text, or one that is translated at each use.
    is_translated = any(isinstance(getattr(pattern, name, None), Promise) for name in ("_route", "_regex"))
    possible = normalize(pattern.regex.pattern)
    text, parameters = possible[0]
    return Mount(
        above.path + text,
        above.by_language or is_translated,
        above.has_parameter or bool(parameters) or len(possible) != 1,
        above.in_i18n_patterns,
    )


def _ends_with(public: str, mounted: str) -> bool:
    return public == mounted or (mounted != "" and public.endswith(mounted))


def _not_one_address(mount: Mount, name: str) -> str:
    if mount.in_i18n_patterns:
        return (
            "The routes are in i18n_patterns(), so that their address depends on the language. A provider calls back "
            f'at one address. Move path("{mount.path.strip("/")}/", {INCLUDE}) out of i18n_patterns().'
        )
    if mount.by_language:
        return (
            "The path of the routes is translated, so that their address depends on the language. A provider calls "
            f'back at one address. Write path("{name}/", {INCLUDE}), with a path that is not translated.'
        )
    return (
        "The path of the routes in the urlconf has a parameter, or several forms. A provider calls back at one "
        f'address. Write path("{name}/", {INCLUDE}), outside of every path with a parameter.'
    )


def _contradicted(settings: Settings, base: str) -> str | None:
    """A sentence, if Django says for itself where the app is, and the callback URL says otherwise."""
    forced = django_settings.FORCE_SCRIPT_NAME
    if not forced or forced.rstrip("/") == base:
        return None
    fix = f'Set FORCE_SCRIPT_NAME = "{base}"' if base else "Remove FORCE_SCRIPT_NAME"
    return (
        f"FORCE_SCRIPT_NAME and the app's public address have different paths. {fix}, or give VALETKEY_URL (or the "
        "callback URLs) the path under which browsers reach the app."
    )
