"""What ``--mount`` of uWSGI names: an app that is made, not a function."""

from flask_mounted import rooted

app = rooted()
