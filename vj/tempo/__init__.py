"""The musical clock: the tempo, the external clocks that it may follow, and the triggers that wait for a beat."""
