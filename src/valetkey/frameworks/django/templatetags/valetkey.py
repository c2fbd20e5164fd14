"""``{% load valetkey %}{% sign_in_button %}``: the browser module and the sign-in button."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .. import conf

register = template.Library()


@register.simple_tag
def sign_in_button(provider: str | None = None) -> SafeString:
    """The sign-in button, and the browser module that it needs.

    Args:
        provider: the name of a provider. None: the first of the app's providers.
    """
    return format_html(
        '<script type="module" src="{}"></script>\n<sign-in-button provider="{}"></sign-in-button>',
        reverse("valetkey:answer", args=["client.js"]),
        provider if provider is not None else conf.sign_in().settings.providers[0].name,
    )
