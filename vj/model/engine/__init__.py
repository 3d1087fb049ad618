"""The process that runs models: the bank, preparing aside, the processing size, the check of results."""
