"""A show as a file: read, checked, made to fit another show, saved."""

DEFAULT = "default"
"""The preset that plays where none is named."""
