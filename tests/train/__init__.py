"""Tests of `vj.train`."""
