"""Who runs tasks: the interface, and worker processes on this machine."""
