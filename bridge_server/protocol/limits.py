"""The limits and versions of the protocol, each with its reason (standard library only). Those of options are in
operations/limits.py, those of plans in plan/limits.py.
"""

from __future__ import annotations

API_VERSION = 1  # the newest version that this daemon speaks
API_VERSION_MIN = 1  # the oldest
DEFAULT_PORT = 47821  # fixed, so that a client finds the daemon without being told
PORTS = (47821, 47822, 47823, 47824, 47825)  # the default and four fallbacks; clients probe them in this order
MAX_PROFILE_BYTES = 16 * 2**20  # of an ICC profile: the largest, of printers, have a few megabytes
FAINT = 5  # of 255: what is selected by no more cannot show, and does not count where anything is selected by more
MAX_WAIT_SECONDS = 30  # of one long-poll: shorter than the patience of clients' and proxies' timeouts
