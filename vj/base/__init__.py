"""Errors, time, paths, statistics, pictures and files, which every other room may import. Knows nothing of shows."""
