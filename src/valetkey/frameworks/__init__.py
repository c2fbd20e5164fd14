"""One adapter for each framework. It translates requests for ``valetkey.web``, and its replies back."""
