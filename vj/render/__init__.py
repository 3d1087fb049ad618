"""A recorded show played again without haste: every picture at its own time, however long it takes to make."""
