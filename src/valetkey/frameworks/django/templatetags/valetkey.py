"""``{% load valetkey %}``: ``{% sign_in_button %}`` and ``{% account_panel %}``, with the browser module."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ....web import markup
from .. import conf
from ..current import session_of, was_asked

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
    settings = conf.sign_in().settings
    script = "token.js" if settings.hands_out_tokens else "client.js"
    html = markup.account_panel(
        reverse("valetkey:answer", args=[script]), settings.providers, session.account if session else None
    )
    return SafeString(html)
