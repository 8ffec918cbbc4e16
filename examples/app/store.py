"""The app's own data: users, their profile pictures and consents, and whose job is whose.

Likeness has the rest. One SQLite file; a larger app has its own database.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from dataclasses import dataclass
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  user_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  picture BLOB, picture_of TEXT, pictures INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS jobs (
  job_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS consents (
  key TEXT PRIMARY KEY, accepted_at TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE
);
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON; -- a deleted picture is overwritten
"""


@dataclass(frozen=True, slots=True)
class User:
    """`picture`: a number that changes with the profile picture; None without one."""

    user_id: str
    name: str
    picture: int | None


class Store:
    """Each statement is a transaction. Safe to call from several threads."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, autocommit=True)
        self._lock = threading.Lock()
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def sign_in(self, name: str) -> str:
        """Return the id of the user with this name; a new name is a new user."""
        new = f"u-{uuid.uuid4()}"  # Likeness need not know names
        self._run(
            "INSERT INTO users (user_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING", new, name
        )
        return str(self._run("SELECT user_id FROM users WHERE name = ?", name)[0][0])

    def user(self, user_id: str) -> User | None:
        found = self._run(
            "SELECT user_id, name, iif(picture IS NULL, NULL, pictures) "
            "FROM users WHERE user_id = ?",
            user_id,
        )
        return User(*found[0]) if found else None

    def set_picture(self, user_id: str, picture: bytes, job_id: str) -> None:
        self._run(
            "UPDATE users SET picture = ?, picture_of = ?, pictures = pictures + 1 "
            "WHERE user_id = ?",
            *(picture, job_id, user_id),
        )

    def delete_picture(self, job_id: str) -> None:
        """Delete the profile picture that is an avatar of this job, if there is one."""
        self._run("UPDATE users SET picture = NULL, picture_of = NULL WHERE picture_of = ?", job_id)

    def picture(self, user_id: str) -> bytes | None:
        found = self._run("SELECT picture FROM users WHERE user_id = ?", user_id)
        return found[0][0] if found else None

    def consent(self, key: str, accepted_at: str, user_id: str) -> str:
        """Return when the user agreed: a repeated request has the time of the first."""
        self._run(
            "INSERT INTO consents VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            *(key, accepted_at, user_id),
        )
        return str(self._run("SELECT accepted_at FROM consents WHERE key = ?", key)[0][0])

    def add_job(self, job_id: str, user_id: str) -> None:
        """Idempotent: a repeated request returns the same job."""
        self._run("INSERT INTO jobs VALUES (?, ?) ON CONFLICT DO NOTHING", job_id, user_id)

    def owns(self, user_id: str, job_id: str) -> bool:
        return bool(
            self._run("SELECT 1 FROM jobs WHERE job_id = ? AND user_id = ?", job_id, user_id)
        )

    def delete_user(self, user_id: str) -> None:
        """Delete the user, the picture, the consents and the list of jobs."""
        self._run("DELETE FROM users WHERE user_id = ?", user_id)

    def _run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()
