"""``{% load valetkey %}``: the elements of the browser module, and the script that they need.

After a sign-in or a sign-out the page is loaded again by default, because the server renders who is signed in.
"""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .. import conf

register = template.Library()


@register.simple_tag
def sign_in_button(provider: str | None = None, next: str | None = "") -> SafeString:
    """The sign-in button of one provider.

    Args:
        provider: the name of a provider. None: the first of the app's providers.
        next: the address to go to after the sign-in. Empty: load the page again. None: stay on the page.
    """
    name = provider if provider is not None else conf.sign_in().settings.providers[0].name
    return _element("sign-in-button", next, format_html(' provider="{}"', name))


@register.simple_tag
def sign_in_buttons(next: str | None = "") -> SafeString:
    """A sign-in button for each of the app's providers.

    Args:
        next: as for ``sign_in_button``.
    """
    return _element("sign-in-buttons", next)


@register.simple_tag
def signed_in(next: str | None = "") -> SafeString:
    """The picture and the name of the signed-in user, and a button to sign out. Nothing if nobody is signed in.

    Args:
        next: the address to go to after the sign-out. Empty: load the page again. None: stay on the page.
    """
    return _element("signed-in", next)


def _element(tag: str, next: str | None, attributes: str = "") -> SafeString:
    going = "" if next is None else format_html(' next="{}"', next)
    return format_html(
        '<script type="module" src="{}"></script>\n<{}{}{}></{}>',
        reverse("valetkey:answer", args=["client.js"]),
        tag,
        attributes,
        going,
        tag,
    )
