"""What ``--mount`` of uWSGI names: an app that is made, not a function."""

from flask_app import create_app

app = create_app()
