"""Child processes: started, restarted when they end or hang, and connected by pipes and shared memory."""
