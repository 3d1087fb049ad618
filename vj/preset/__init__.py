"""Presets: shows as TOML files, which are read, checked, fitted to another show, and saved."""

DEFAULT = "default"
"""The preset that plays if none is named."""
