"""The journal's format, step by step: migration n turns format n - 1 into format n (`PRAGMA user_version`).

A migration is never changed once it is released; a new format is a new migration at the end, and a fixture of the old
one (tests/jobs/make_fixture.py). Each runs in a transaction of its own, after a backup of the journal as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from .. import sqlite_format

INITIAL = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE clients (id TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL, last_used REAL NOT NULL);
CREATE TABLE tokens (hash TEXT PRIMARY KEY, client TEXT NOT NULL REFERENCES clients(id) ON DELETE CASCADE);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, model TEXT NOT NULL,
    state TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL,
    error TEXT, resubmitted_as TEXT, warnings TEXT NOT NULL DEFAULT '[]');
CREATE UNIQUE INDEX jobs_key ON jobs (client, key) WHERE key != '';
CREATE TABLE results (
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, idx INTEGER NOT NULL, seed INTEGER NOT NULL,
    bounds TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (job, idx));
"""

# The operation of a request and its version, beside the request as it was stored. Rows of format 1 have a kind.
OPERATIONS = """
ALTER TABLE jobs ADD COLUMN operation TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN operation_version INTEGER NOT NULL DEFAULT 1;
"""
NAME_OPERATIONS = """
UPDATE jobs SET operation = json_extract(request, '$.kind')
WHERE operation = '' AND CASE WHEN json_valid(request) THEN json_type(request, '$.kind') = 'text' ELSE 0 END;
"""

# Artifacts have roles: a variation may have several. What there was, were layers. meta: what an operation tells beyond
# seed and bounds. Requests stay as they were written: protocol/earlier.py reads them.
ROLES = """
CREATE TABLE artifacts (
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, role TEXT NOT NULL DEFAULT 'layer', idx INTEGER NOT NULL,
    seed INTEGER NOT NULL, bounds TEXT NOT NULL, bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL DEFAULT 'application/octet-stream', meta TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (job, role, idx));
INSERT INTO artifacts (job, idx, seed, bounds, bytes) SELECT job, idx, seed, bounds, bytes FROM results;
DROP TABLE results;
ALTER TABLE artifacts RENAME TO results;
"""

# The Supersedes-Key of a job, so that a newer one takes its place after a restart too.
SUPERSEDES = "ALTER TABLE jobs ADD COLUMN supersedes TEXT NOT NULL DEFAULT '';"

MIGRATIONS: tuple[str, ...] = (INITIAL, OPERATIONS + NAME_OPERATIONS, ROLES, SUPERSEDES)
TABLES = ("meta", "clients", "tokens", "jobs", "results")


def as_text(raw: bytes) -> str:
    """Text of the journal; a destroyed page may hold what is none."""
    return raw.decode(errors="replace")


def migrate(database: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring a journal of an older format to the newest. Raises sqlite3.Error; the failed step is undone."""
    sqlite_format.migrate(database, migrations)
