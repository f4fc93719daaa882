"""The daemon's memory of jobs: journal, spool, queue, events."""
