"""``{% load valetkey %}{% sign_in_button %}``: the module and the button, which need nothing else."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def sign_in_button(provider: str = "twitter") -> SafeString:
    """The button, and what makes it one. It shows itself to who is not signed in, as ``/auth/client.js`` has it."""
    return format_html(
        '<script type="module" src="{}"></script>\n<sign-in-button provider="{}"></sign-in-button>',
        reverse("valetkey:answer", args=["client.js"]),
        provider,
    )
