"""How colours become grey for networks that learnt from grey pictures."""

LUMA = (0.299, 0.587, 0.114)
"""Of R, G and B (ITU-R BT.601), as the pictures that such networks learn from are made grey.

In sum 1, so that grey lies in the same range as the colours.
"""
