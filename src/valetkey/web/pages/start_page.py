"""The page that starts a login for an app in a shell or for a browser extension (docs/shells.md).

Such an app's own form would be sent with ``Origin: null``, which is what every sandboxed frame sends. So the app opens
this page, which changes nothing, and its script sends the form from our own origin: at once for an opener whose origin
is listed, and after a click for an address that has the login in its fragment.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from string import Template

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <meta name="referrer" content="same-origin">
  <title>Sign in with $provider</title>
  <link rel="stylesheet" href="$prefix/pages.css">
  <script src="$prefix/start.js" defer></script>
</head>
<body data-openers="$openers"$link>
  <main>
    <h1>Sign in with $provider</h1>
    <p role="status" data-when="opener">One moment…</p>
    <p role="alert" data-when="nobody" hidden>Go back to the app, and start to sign in there.</p>
    <form method="post" action="$action">
      <input type="hidden" name="login">
      <input type="hidden" name="mode">
      <input type="hidden" name="challenge">
      <input type="hidden" name="session">
      <button class="button" data-when="link" hidden>Continue to $provider</button>
    </form>
    <small data-when="link" hidden>Continue only if you have just started to sign in to $app.</small>
  </main>
</body>
</html>
""")


def start_page(*, prefix: str, action: str, provider: str, app: str, openers: Sequence[str], by_link: bool) -> str:
    """Return the page.

    Args:
        prefix: the public path of the routes.
        action: the public path of the route that starts the login.
        provider: the provider's title.
        app: the app's name for its users.
        openers: the origins whose pages may start a login by this page without a click.
        by_link: whether a login may be in the fragment of the address.
    """
    return _PAGE.substitute(
        prefix=escape(prefix),
        action=escape(action),
        provider=escape(provider),
        app=escape(app),
        openers=escape(" ".join(openers)),
        link=" data-link" if by_link else "",
    )
