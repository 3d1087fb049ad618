"""Which models there are: the catalogue, its fetched files, the user's folder, what a file holds."""
