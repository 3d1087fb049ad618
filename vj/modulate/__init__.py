"""What moves parameters by itself: oscillators, envelopes, sound and beats, each on its route to an address."""
