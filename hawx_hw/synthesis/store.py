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
from pydantic import TypeAdapter

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
#: What SQLite keeps of it.
_TABLE = _CREATE.strip().replace("IF NOT EXISTS ", "")
#: Seconds to wait for another program, whose transactions take milliseconds if it is one of ours:
#: without and with a word about it.
_SILENT, _BUSY = 2.0, 60.0
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
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
    that is damaged counts as missing and is replaced by the next :meth:`put`. A file that is no
    database, or has another table, is renamed, with a warning, and begun anew. For one that another
    program locks a call waits a minute, with a warning; then the file is not used. Where it can be
    neither made nor written, nothing is found and nothing is kept: a store only saves time.

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
        self._problem: str | None = None
        self._locked = False

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._path

    @property
    def problem(self) -> str | None:
        """Why the last call could not use the file; None where it could."""
        return self._problem

    def __reduce__(self) -> tuple[type[Store], tuple[Path]]:
        return type(self), (self._path,)

    def get(self, key: str, kind: str, shape: Any = Any) -> Any | None:
        """The result that is kept; None where there is none, or a damaged one.

        Parameters
        ----------
        key, kind : str
        shape : type
            What the result must be for the caller, as pydantic reads it: one that is not counts as
            damaged.
        """
        record = self._attempt(
            lambda connection: connection.execute(
                "SELECT inputs, result, sha256 FROM results WHERE key = ? AND kind = ?",
                (key, kind),
            ).fetchone()
        )
        if record is None:
            return None
        inputs, result, checksum = record
        return _checked(key, kind, inputs, result, checksum, shape)

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
            content = _entry(key, kind, inputs, result, checksum)
            if content is not None:
                yield Entry(
                    key, kind, *content, _decoded(versions, dict[str, str]) or {},
                    len(inputs) + len(result),
                )  # fmt: skip

    def stats(self) -> dict[str, dict[str, int]]:
        """By kind: ``entries`` and ``bytes``."""
        records = self._attempt(
            lambda connection: connection.execute(
                "SELECT kind, count(*), sum(length(inputs) + length(result)) FROM results"
                " GROUP BY kind ORDER BY kind"
            ).fetchall()
        )
        return {
            str(kind): {"entries": count, "bytes": int(size or 0)}
            for kind, count, size in records or ()
        }

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
        if self._locked:
            return None
        repaired, wait = False, _SILENT
        while True:
            try:
                return self._once(action, wait)
            except OSError as error:
                self._problem = error.strerror or str(error)
                return None
            except (sqlite3.Error, ValueError, OverflowError) as error:
                self._problem = str(error)
                if _is_locked(error) and wait < _BUSY:
                    wait = _BUSY
                    _warn(f"Waiting for another program that locks {self._path}.")
                elif _is_locked(error):
                    self._locked = True
                    _warn(f"{self._path} is locked for longer than {_BUSY:g} s: it is not used.")
                    return None
                elif _is_damage(error) and not repaired:
                    repaired = True
                    self._set_aside()
                else:
                    return None

    def _once(self, action: Callable[[sqlite3.Connection], _T], wait: float) -> _T | None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=wait)) as connection:
            if not _prepare(connection):
                self._problem = "it is of another version"
                return None
            answer = action(connection)
        self._problem = None
        return answer

    def _set_aside(self) -> None:
        try:
            with FileLock(f"{self._path}.lock", timeout=_BUSY):
                # Another process may have set it aside meanwhile; its new file must stay.
                if not _damaged(self._path):
                    return
                for side in _SIDES:
                    source = Path(f"{self._path}{side}")
                    if source.exists():
                        source.replace(f"{self._path}.damaged{side}")
        except OSError:  # that of a lock that others keep included
            return
        _warn(
            f"{self._path} is damaged. It was renamed to {self._path.name}.damaged, and a new"
            " store begun."
        )


@cache
def _store(path: Path) -> Store:
    return Store(path)


def default_store() -> Store | None:
    """The user's store, in :func:`~hawx_hw.util.locations.store_file`; None without a home."""
    path = store_file()
    return None if path is None else _store(path)


def _prepare(connection: sqlite3.Connection) -> bool:
    """Whether the file holds the table, which is made where there is none."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _SCHEMA):
        if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("The header is damaged")
        return False
    # A power cut may cost the last entries but not the file.
    connection.execute("PRAGMA synchronous = NORMAL")
    table = _table(connection)
    if version == 0 or table is None:
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {_SCHEMA}")
        table = _table(connection)
    if table != _TABLE:
        raise sqlite3.DatabaseError("The table has another structure")
    return True


def _table(connection: sqlite3.Connection) -> str | None:
    """What made the table; None where there is none."""
    record = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'results'").fetchone()
    return None if record is None else str(record[0])


def _damaged(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY)) as connection:
            answer = connection.execute("PRAGMA quick_check").fetchone()[0]
            return bool(answer != "ok") or _table(connection) not in (None, _TABLE)
    except sqlite3.DatabaseError as error:
        return _is_damage(error)


def _is_damage(error: Exception) -> bool:
    """Whether the file is damaged; not so if it is locked, full, or not to be written."""
    return (getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF) in _DAMAGE


def _is_locked(error: Exception) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _LOCKED


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=2)


def _json(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _sum(key: str, kind: str, inputs: bytes, result: bytes) -> str:
    state = hashlib.sha256(f"{key}\0{kind}\0{len(inputs)}\0".encode())
    state.update(inputs)
    state.update(result)
    return state.hexdigest()


def _checked(
    key: str, kind: str, inputs: object, result: object, checksum: object, shape: Any = Any
) -> Any | None:
    """The result; None where it is not what was put in, or not of that shape."""
    if not isinstance(inputs, bytes) or not isinstance(result, bytes):
        return None
    if _sum(key, kind, inputs, result) != checksum:
        return None
    try:
        return _decoded(zlib.decompress(result), shape)
    except zlib.error:
        return None


def _entry(
    key: object, kind: object, inputs: object, result: object, checksum: object
) -> tuple[dict[str, Any], Any] | None:
    """The inputs and the result of a row; None where it is damaged."""
    if not isinstance(key, str) or not isinstance(kind, str) or not isinstance(inputs, bytes):
        return None
    content = _checked(key, kind, inputs, result, checksum)
    try:
        origin = _decoded(zlib.decompress(inputs), dict[str, Any])
    except zlib.error:
        return None
    return None if content is None or origin is None else (origin, content)


def _decoded(text: bytes | str, shape: Any) -> Any | None:
    """The content of a JSON text; None where it is none, or not of that shape."""
    try:
        content = json.loads(text)
        _adapter(shape).validate_python(content, strict=True)
    except (ValueError, TypeError, RecursionError):
        return None
    return content


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
