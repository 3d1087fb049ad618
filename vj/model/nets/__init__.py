"""Networks, one architecture a file: pure torch modules, and the static graphs that OpenVINO runs."""
