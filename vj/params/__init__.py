"""Parameters: their declarations, their current values, and the queue through which controls change them."""
