"""The process that runs models: the bank of prepared models, the processing size, and the check of results."""
