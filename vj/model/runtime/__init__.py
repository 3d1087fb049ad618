"""How a network is run on this machine. Import its files where they are needed: each brings a heavy library."""
