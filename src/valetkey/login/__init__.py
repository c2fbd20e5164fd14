"""A login from its first click to its session. Read ``service`` first, then ``states``.

``service`` begins logins and receives callbacks; ``judging`` and ``finishing`` take a callback from there to its
result, with ``exchange`` for the identity and ``completion`` for the end. ``collecting`` answers the page that
asks for the result. ``assembly`` connects the parts.
"""
