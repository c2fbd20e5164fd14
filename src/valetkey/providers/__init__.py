"""One small file each. The core imports none of them."""
