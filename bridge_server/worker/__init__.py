"""The process that paints: a child of the daemon, one per device."""
