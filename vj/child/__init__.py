"""A process that can be killed and comes back. Sources and model engines both live in one."""
