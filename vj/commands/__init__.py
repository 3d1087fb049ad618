"""The commands of `vj` other than playing a show: one subject a file."""
