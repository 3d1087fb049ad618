"""Finds out what untrusted model files are and loads their tensors, without running any code that is in them."""
