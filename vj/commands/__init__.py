"""What `vj` does besides playing a show: one subject a file."""
