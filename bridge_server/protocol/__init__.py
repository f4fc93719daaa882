"""What travels between plug-ins, daemon and workers."""
