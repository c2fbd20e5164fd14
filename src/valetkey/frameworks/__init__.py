"""One adapter for each framework: it translates requests to ``valetkey.web`` and answers back."""
