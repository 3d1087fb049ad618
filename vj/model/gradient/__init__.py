"""The gradient of a network with respect to its picture, written out as ordinary forward operations, so that any
runtime runs it like every other network.

``graph`` reads a network as a list of operations, ``rules`` has each operation's gradient, ``written`` chains them, and
``objective`` defines what the gradient is of.
"""
