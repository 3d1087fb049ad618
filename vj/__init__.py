"""vj: a live video instrument. See DESIGN in the README: how a frame and a message travel."""

__version__ = "0.1.0"
