"""The law: protocols as pure conversations.

Nothing below this package opens a socket, reads a clock or draws a random number. A conversation is a generator that
yields an ``HttpRequest`` and is sent an ``HttpResponse``; clock and nonce are inputs.
"""
