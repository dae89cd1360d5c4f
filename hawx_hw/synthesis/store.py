"""Content-addressed results of tools in one SQLite file: what was made once is not made again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from hawx_hw.util.fingerprints import json_hash
from hawx_hw.util.locations import store_file

__all__ = ["Entry", "Store", "default_store", "entry_key"]

_T = TypeVar("_T")
#: Version of the table; a file with another one is left alone.
_SCHEMA = 1
_CREATE = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    inputs BLOB NOT NULL,
    result BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    versions TEXT NOT NULL,
    added REAL NOT NULL,
    PRIMARY KEY (key, kind)
)
"""
#: Seconds that a writer waits for another one; a transaction takes milliseconds.
_BUSY = 60.0
_DAMAGE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIDES = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Entry:
    """One result with all that it was made from.

    Parameters
    ----------
    key : str
        SHA-256 of ``kind`` and ``inputs``, in hexadecimal.
    kind : str
    inputs : dict
        What the result depends on.
    result : object
        JSON-able.
    versions : dict
        Versions of the tools, for people; what the result depends on is in ``inputs`` too.
    size : int
        Bytes in the store.
    """

    key: str
    kind: str
    inputs: dict[str, Any]
    result: Any
    versions: dict[str, str]
    size: int


def entry_key(kind: str, inputs: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of what a result is made from."""
    return json_hash({"kind": kind, "inputs": inputs})


class Store:
    """Results by the hash of their inputs.

    Several processes and threads may use one file at once; each write is one short transaction, so
    a process that is killed leaves the entries that were there and its own finished ones. An entry
    of which the checksum is wrong counts as missing and is replaced by the next :meth:`put`. A file
    that is no database is renamed, with a warning, and begun anew. Where the file can be neither
    made nor written, nothing is found and nothing is kept: a store only saves time.

    Not promised: on network file systems (NFS, Lustre and the like) SQLite's locks and its
    write-ahead log are not safe between several machines. Give each machine a file of its own
    there, and let one process collect what the others return.

    Parameters
    ----------
    path : Path
        The SQLite file; made, with its folder, when first needed.
    """

    def __init__(self, path: Path):
        self._path = path

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._path

    def __reduce__(self) -> tuple[type[Store], tuple[Path]]:
        return type(self), (self._path,)

    def get(self, key: str, kind: str) -> Any | None:
        """The result that is kept; None where there is none, or a damaged one."""
        record = self._attempt(
            lambda connection: connection.execute(
                "SELECT inputs, result, sha256 FROM results WHERE key = ? AND kind = ?",
                (key, kind),
            ).fetchone()
        )
        return None if record is None else _checked(key, kind, *record)

    def put(
        self,
        kind: str,
        inputs: Mapping[str, Any],
        result: Any,
        versions: Mapping[str, str] | None = None,
    ) -> str:
        """Keep a result; one that is there already under this key is replaced.

        Parameters
        ----------
        kind : str
            What sort of result it is, such as ``module``.
        inputs : mapping
            All that it depends on, JSON-able.
        result : object
            JSON-able; not None, which stands for nothing.
        versions : mapping of str to str or None
            Versions of the tools.

        Returns
        -------
        str
            The key, whether or not the store could be written.
        """
        if result is None:
            raise ValueError("result must be something, not None")
        key = entry_key(kind, inputs)
        packed = [zlib.compress(_json(part)) for part in (inputs, result)]
        record = (
            key, kind, *packed, _sum(key, kind, *packed),
            json.dumps(versions or {}, sort_keys=True), time.time(),
        )  # fmt: skip

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", record
                )

        self._attempt(write)
        return key

    def lookup(self, prefix: str) -> list[Entry]:
        """Undamaged entries of which the key begins with ``prefix``, by key and kind.

        Raises
        ------
        ValueError
            ``prefix`` is not made of hexadecimal digits, or has less than four.
        """
        if len(prefix) < 4 or not set(prefix) <= set("0123456789abcdef"):
            raise ValueError(f"prefix must be four hexadecimal digits or more, not {prefix!r}")
        return list(self.entries(prefix=prefix))

    def entries(self, kind: str | None = None, *, prefix: str = "") -> Iterator[Entry]:
        """Undamaged entries, of one kind or of all, by key and kind."""
        records = self._attempt(
            lambda connection: connection.execute(
                "SELECT key, kind, inputs, result, sha256, versions FROM results"
                " WHERE key >= ?1 AND key < ?1 || 'g' AND (?2 IS NULL OR kind = ?2)"
                " ORDER BY key, kind",
                (prefix, kind),
            ).fetchall()
        )
        for key, kind, inputs, result, checksum, versions in records or ():
            content = _checked(key, kind, inputs, result, checksum)
            if content is not None:
                size = len(inputs) + len(result)
                yield Entry(
                    key, kind, json.loads(zlib.decompress(inputs)), content, json.loads(versions),
                    size,
                )  # fmt: skip

    def stats(self) -> dict[str, dict[str, int]]:
        """By kind: ``entries`` and ``bytes``."""
        records = self._attempt(
            lambda connection: connection.execute(
                "SELECT kind, count(*), sum(length(inputs) + length(result)) FROM results"
                " GROUP BY kind ORDER BY kind"
            ).fetchall()
        )
        return {kind: {"entries": count, "bytes": size} for kind, count, size in records or ()}

    def prune(self, *, kind: str | None = None, older_than_days: float | None = None) -> int:
        """Remove entries of a kind, of an age, or of both; all of them where neither is given.

        Returns
        -------
        int
            How many there were.
        """
        limit = None if older_than_days is None else time.time() - 86400 * older_than_days

        def remove(connection: sqlite3.Connection) -> int:
            with connection:
                count = connection.execute(
                    "DELETE FROM results WHERE (?1 IS NULL OR kind = ?1)"
                    " AND (?2 IS NULL OR added < ?2)",
                    (kind, limit),
                ).rowcount
            connection.execute("VACUUM")
            return count

        return self._attempt(remove) or 0

    def _attempt(self, action: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """The action's answer; None where there is no store.

        Each action has a connection of its own: it can be used by any thread and after a fork, and
        sees when another process has set the file aside.
        """
        for first in (True, False):
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with closing(sqlite3.connect(self._path, timeout=_BUSY)) as connection:
                    return action(connection) if _prepare(connection) else None
            except OSError:
                return None
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    return None
                if first:
                    self._set_aside()
        return None

    def _set_aside(self) -> None:
        try:
            with FileLock(f"{self._path}.lock"):
                # Another process may have set it aside meanwhile; its new file must stay.
                if not _damaged(self._path):
                    return
                for side in _SIDES:
                    source = Path(f"{self._path}{side}")
                    if source.exists():
                        source.replace(f"{self._path}.damaged{side}")
        except OSError:
            return
        warnings.warn(
            f"{self._path} is damaged. It was renamed to {self._path.name}.damaged, and a new"
            " store begun.",
            stacklevel=2,
        )


@cache
def _store(path: Path) -> Store:
    return Store(path)


def default_store() -> Store | None:
    """The user's store, in :func:`~hawx_hw.util.locations.store_file`; None without a home."""
    path = store_file()
    return None if path is None else _store(path)


def _prepare(connection: sqlite3.Connection) -> bool:
    """Whether the file holds the table, which is made in a new one."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _SCHEMA):
        if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("The header is damaged")
        return False
    # A power cut may cost the last entries but not the file.
    connection.execute("PRAGMA synchronous = NORMAL")
    if version == 0:
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {_SCHEMA}")
    return True


def _damaged(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY)) as connection:
            answer = connection.execute("PRAGMA quick_check").fetchone()[0]
            return bool(answer != "ok")
    except sqlite3.DatabaseError as error:
        return _is_damage(error)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is damaged; not so if it is locked, full, or not to be written."""
    return (getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF) in _DAMAGE


def _json(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _sum(key: str, kind: str, inputs: bytes, result: bytes) -> str:
    state = hashlib.sha256(f"{key}\0{kind}\0{len(inputs)}\0".encode())
    state.update(inputs)
    state.update(result)
    return state.hexdigest()


def _checked(key: str, kind: str, inputs: object, result: object, checksum: object) -> Any | None:
    """The result; None where it is not what was put in."""
    if not isinstance(inputs, bytes) or not isinstance(result, bytes):
        return None
    if _sum(key, kind, inputs, result) != checksum:
        return None
    return json.loads(zlib.decompress(result))
