"""Trains networks: from data sets on the command line, and from painted frames during a show."""
