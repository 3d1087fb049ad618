"""Modulators: oscillators, envelopes, the sound and the beat, which move parameters by themselves."""
