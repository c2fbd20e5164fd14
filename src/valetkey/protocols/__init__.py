"""The protocols, without input or output: ``oauth1``, ``oauth2`` and ``openid``.

``base`` says what a login asks of each. ``profile`` reads what a provider says about a user, and the other modules read
what comes over the wire.

Nothing in this package opens a socket, reads a clock or draws a random number. A conversation with a provider is a
generator: it yields an ``HttpRequest``, is sent the ``HttpResponse``, and returns a checked result or raises a
``ValetkeyError``. The time and the nonce of a request are inputs. So a test can play a whole conversation in memory,
and one implementation serves an event loop and a thread alike.
"""
