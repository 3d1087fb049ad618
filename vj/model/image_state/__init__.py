"""Pictures that are worked on from one frame to the next: float32 [h, w, 3], RGB, 0..1, changed in place.

These files import OpenCV; what they are told by (``params``) doesn't, as the stage reads it.
"""
