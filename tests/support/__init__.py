"""What tests from outside use: real servers, a browser's cookie jar, the provider's journal."""
