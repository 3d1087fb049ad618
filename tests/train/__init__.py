"""Training looks."""
