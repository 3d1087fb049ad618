"""Performing with whole states of a show: snapshots, morphs, cues, macros, random changes, and undo."""
