"""Beats: one clock that everything musical goes by, who sets it, and what waits for it."""
