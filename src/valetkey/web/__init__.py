"""The web side: one plain value in, one plain value out; a framework is two translations."""
