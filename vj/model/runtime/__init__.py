"""How networks are run on this machine. Import these files only where they are needed: most import a heavy library."""
