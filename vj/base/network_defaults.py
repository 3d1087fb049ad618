"""Where controllers find a show unless they are told otherwise: on this machine only, at these ports."""

LOOPBACK = "127.0.0.1"
OSC_PORT, QUERY_PORT = 7000, 7002
"""UDP for OSC, TCP for OSCQuery."""
