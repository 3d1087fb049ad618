"""Playing whole states: snapshots, morphs, cues, macros, chance, and the way back."""
