"""Parameters: what there is to set, what it is set to, and the queue in which controls say what they want."""
