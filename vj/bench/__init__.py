"""What `vj bench` measures: ratios against a peer in the same run, on the same machine, on the same clip."""
