"""The address and the ports at which a show receives messages by default; only this machine can reach them."""

LOOPBACK = "127.0.0.1"
OSC_PORT, QUERY_PORT = 7000, 7002
"""The UDP port of OSC and the TCP port of OSCQuery."""
