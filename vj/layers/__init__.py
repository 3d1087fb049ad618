"""What is drawn: a source and its models as one layer, what it shows when something is late, and the mix."""
