"""Every hand on the show. Each receiver checks what it hears and posts it to the control queue, nothing else."""
