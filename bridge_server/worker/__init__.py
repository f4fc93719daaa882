"""The child process that owns a device: the only place that runs torch."""
