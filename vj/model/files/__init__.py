"""Reading untrusted model files: what they are, and their numbers, without running anything in them."""
