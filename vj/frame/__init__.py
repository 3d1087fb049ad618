"""Frames and the only ways they travel between processes: slots, queues and values in shared memory."""
