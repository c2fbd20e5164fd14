"""The providers: one small file each. Only the settings import them, to make them of an app's variables."""
