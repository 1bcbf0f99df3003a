"""The tables of a journal; ``tail`` tells the members of an archive apart."""

LAYOUT = 0x62617431
"""Journals of another layout are refused; "bat1" as a number."""

DELETED = 1
REFUSED = 2
"""What became of an input that was to be deleted; the next run tries again what was refused."""

SCHEMA = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE inputs (
        path TEXT PRIMARY KEY,
        size INTEGER,
        mtime_ns INTEGER,
        state TEXT NOT NULL,    -- found: to be done; sent: waits for its answer; done: answered; unusable
        version TEXT,           -- of the object that was sent
        day TEXT,               -- when it was sent, UTC
        expected INTEGER,       -- members for which an archive's own record promises an answer
        error TEXT,             -- why it could not be done in the last run
        detail TEXT,
        deleted INTEGER NOT NULL DEFAULT 0    -- 0: it lies in the bucket; else DELETED or REFUSED
    ) WITHOUT ROWID
    """,
    "CREATE INDEX inputs_by_state ON inputs (state, path)",
    "CREATE TABLE answers (path TEXT, tail TEXT, failed INTEGER, PRIMARY KEY (path, tail)) WITHOUT ROWID",
    """
    CREATE TABLE rows (
        path TEXT, tail TEXT, face INTEGER, cells TEXT NOT NULL, PRIMARY KEY (path, tail, face)
    ) WITHOUT ROWID
    """,
)
