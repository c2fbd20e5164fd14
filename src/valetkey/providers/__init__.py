"""The providers: one small file each. Only the settings import them, to build them from an app's variables."""
