"""Networks, one architecture a file: as torch modules, and as static graphs that OpenVINO runs."""
