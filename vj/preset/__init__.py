"""A show as a file: read, checked, made to fit another show, saved."""
