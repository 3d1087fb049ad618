"""Reading model files that nobody vouches for: what they are, and their numbers, without running anything in them."""
