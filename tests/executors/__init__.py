"""Worker processes as the daemon sees them."""
