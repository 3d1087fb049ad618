"""The weights that turn colours grey, for networks that were trained on grey pictures."""

LUMA = (0.299, 0.587, 0.114)
"""The weights of R, G and B (ITU-R BT.601), by which such networks' training pictures are made grey.

Their sum is 1, so that grey lies in the same range as the colours.
"""
