"""What `vj bench` measures: ratios against a peer, which is other code for the same task, in the same run, on the same
machine, on the same clip."""
