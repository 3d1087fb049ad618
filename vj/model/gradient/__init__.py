"""The gradient of a network with respect to its picture, written out as ordinary forward operations.

``graph`` reads any network, ``rules`` knows each operation and its gradient, ``written`` puts them together; what the
gradient is of, ``objective`` tells. Any runtime then runs the result like every other network.
"""
