"""Where and how runs are executed: in this process, in a pool of processes, or on a cluster."""
