"""``{% load valetkey %}``: the elements of the browser module, and the script that they need.

After a sign-in or a sign-out the page is loaded again by default, because the server renders who is signed in.
"""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ....web import markup
from .. import conf
from ..current import session_of, was_asked

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


@register.simple_tag(takes_context=True)
def account_panel(context: template.Context) -> SafeString:
    """The panel of the signed-in user's identities and devices, and the browser module that it needs.

    If the view has asked who is signed in, as ``login_required`` does, the user's identities are listed in it, for
    browsers without JavaScript. The tag does not ask by itself, so it makes no page depend on the user.

    Args:
        context: of the template. The list needs its ``request``.
    """
    request = context.get("request")
    session = session_of(request) if request is not None and was_asked(request) else None
    providers = conf.sign_in().settings.providers
    return SafeString(markup.account_panel(_module(), providers, session.account if session else None))


def _element(tag: str, next: str | None, attributes: str = "") -> SafeString:
    going = "" if next is None else format_html(' next="{}"', next)
    return format_html(
        '<script type="module" src="{}"></script>\n<{}{}{}></{}>',
        _module(),
        tag,
        attributes,
        going,
        tag,
    )


def _module() -> str:
    """Return the address of the browser module."""
    settings = conf.sign_in().settings
    return f"{settings.public_prefix}/{'token.js' if settings.hands_out_tokens else 'client.js'}"
