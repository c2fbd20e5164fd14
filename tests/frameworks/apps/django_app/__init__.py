"""What a user of Django writes, with the usual middleware and more, and the routes that the contract asks for."""
