"""The store: what is put in comes out, for several processes, after kills and damage."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pydantic import BaseModel

from hawx_hw.synthesis import store as module
from hawx_hw.synthesis.store import Store, default_store, entry_key

WRITER = """
import sys
from pathlib import Path
from hawx_hw.synthesis.store import Store
store = Store(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    store.put("metrics", {"who": sys.argv[2], "number": number}, {"text": str(number) * 500})
    print(number, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "folder" / "store.sqlite")


def writer(store: Store, who: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.path), who, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_is_put_in_comes_out(store: Store) -> None:
    inputs = {"b": [1, 2.5, None], "a": "\N{GREEK SMALL LETTER MU}m"}
    key = store.put("metrics", inputs, {"area": 0.1}, {"tool": "1.0"})
    assert key == entry_key("metrics", dict(reversed(inputs.items())))
    assert store.get(key, "metrics") == {"area": 0.1}
    assert store.get(key, "other") is None
    (entry,) = store.lookup(key[:10])
    assert (entry.key, entry.kind, entry.inputs, entry.result, entry.versions) == (
        key, "metrics", inputs, {"area": 0.1}, {"tool": "1.0"},
    )  # fmt: skip
    store.put("metrics", inputs, {"area": 0.2})
    assert store.get(key, "metrics") == {"area": 0.2}
    assert store.stats() == {"metrics": {"entries": 1, "bytes": store.lookup(key)[0].size}}
    assert store.lookup("0000") == []


def test_two_writers_at_once_lose_nothing(store: Store) -> None:
    writers = [writer(store, who, 60) for who in "ab"]
    assert [process.communicate()[0].count("\n") for process in writers] == [60, 60]
    result = {(e.inputs["who"], e.inputs["number"]): e.result["text"] for e in store.entries()}
    assert result == {(who, n): str(n) * 500 for who in "ab" for n in range(60)}


def test_a_killed_writer_loses_nothing_that_it_had_put(store: Store) -> None:
    process = writer(store, "a", 100_000)
    assert process.stdout is not None
    for _ in range(20):
        last = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    last = max([last, *map(int, process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    numbers = {entry.inputs["number"] for entry in store.entries()}
    # The one after the last that was reported may be there too.
    assert numbers in (set(range(last + 1)), set(range(last + 2)))


@pytest.mark.parametrize("column", ["inputs", "result", "sha256"])
@pytest.mark.parametrize("damage", ["changed", "short", "text"])
def test_a_damaged_row_is_missing_and_can_be_mended(store: Store, column: str, damage: str) -> None:
    key = store.put("metrics", {"a": 1}, {"area": 1.5})
    other = store.put("metrics", {"a": 2}, {"area": 2.5})
    connection = sqlite3.connect(store.path)
    (good,) = connection.execute(f"SELECT {column} FROM results WHERE key = ?", (key,)).fetchone()
    flipped = good[:-1] + (b"\0" if isinstance(good, bytes) else "g")
    bad = {"changed": flipped, "short": good[:-3], "text": "nonsense"}[damage]
    with connection:
        connection.execute(f"UPDATE results SET {column} = ? WHERE key = ?", (bad, key))
    connection.close()
    assert store.get(key, "metrics") is None
    assert [entry.key for entry in store.entries()] == [other]
    store.put("metrics", {"a": 1}, {"area": 1.5})
    assert store.get(key, "metrics") == {"area": 1.5}


class Metrics(BaseModel):
    area: float


@pytest.mark.parametrize("result", [{}, {"area": "5"}, {"area": None}, [1.5], "text", 5])
def test_a_result_of_another_shape_is_missing(store: Store, result: object) -> None:
    key = store.put("metrics", {"a": 1}, {"area": 2})
    assert store.get(key, "metrics", Metrics) == {"area": 2}
    store.put("metrics", {"a": 1}, result)
    assert store.get(key, "metrics") == result
    assert store.get(key, "metrics", Metrics) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("inputs", b"no zlib"),
        ("inputs", zlib.compress(b"no JSON")),
        ("inputs", zlib.compress(b"[1]")),
        ("result", b"no zlib"),
        ("result", zlib.compress(b"no JSON")),
        ("result", zlib.compress(b"[" * 100_000)),
        ("result", zlib.compress(b"9" * 10_000)),
        ("result", None),
        ("kind", b"metrics"),
        ("key", b"\xff"),
        ("versions", "no JSON"),
        ("versions", "5"),
        ("added", "yesterday"),
    ],
)
def test_a_row_of_a_wrong_structure_with_a_right_checksum(
    store: Store, column: str, value: object
) -> None:
    """No call fails for it, and the next run replaces it."""
    good = {"area": 1.5}
    key = store.put("metrics", {"a": 1}, good)
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        row = dict(
            zip(
                ("key", "kind", "inputs", "result"),
                connection.execute("SELECT key, kind, inputs, result FROM results").fetchone(),
            )
        ) | ({} if value is None else {column: value})
        checksum = module._sum(row["key"], row["kind"], row["inputs"], row["result"])
        connection.execute(
            f"UPDATE results SET {column} = ?, sha256 = ?", (value if value else b"", checksum)
        )
    harmless = column in ("versions", "added")
    assert store.get(key, "metrics") == (good if harmless or column == "inputs" else None)
    assert [entry.result for entry in store.entries()] == ([good] if harmless else [])
    assert all(entry.versions == {} for entry in store.entries() if column == "versions")
    assert len(store.stats()) == 1
    store.put("metrics", {"a": 1}, good)
    assert store.get(key, "metrics") == good
    assert store.prune(older_than_days=0) in (0, 1, 2)


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE results", "DROP TABLE results; VACUUM", "PRAGMA user_version = 0"],
)
def test_a_dropped_table_is_made_again(store: Store, statement: str) -> None:
    key = store.put("metrics", {"a": 1}, 5)
    with closing(sqlite3.connect(store.path)) as connection:
        connection.executescript(statement)
    store.put("metrics", {"a": 1}, 6)
    assert store.get(key, "metrics") == 6
    assert list(store.path.parent.glob("*.damaged")) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE results DROP COLUMN versions",
        "ALTER TABLE results RENAME COLUMN result TO results",
        "ALTER TABLE results ADD COLUMN more TEXT NOT NULL DEFAULT ''",
        "DROP TABLE results; CREATE TABLE results (key TEXT)",
        "DROP TABLE results; CREATE VIEW results AS SELECT 1 AS key",
    ],
)
def test_another_table_is_set_aside(store: Store, statement: str) -> None:
    key = store.put("metrics", {"a": 1}, 5)
    with closing(sqlite3.connect(store.path)) as connection:
        connection.executescript(statement)
    with pytest.warns(UserWarning, match=r"store\.sqlite is damaged.*begun"):
        assert store.get(key, "metrics") is None
    assert store.path.with_name("store.sqlite.damaged").exists()
    store.put("metrics", {"a": 1}, 6)
    assert store.get(key, "metrics") == 6


@contextmanager
def locked(store: Store) -> Iterator[sqlite3.Connection]:
    """Another program has the file for itself."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


def test_a_locked_file_is_not_used(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key = store.put("metrics", {"a": 1}, 5)
    monkeypatch.setattr(module, "_SILENT", 0.0)
    monkeypatch.setattr(module, "_BUSY", 0.01)
    with locked(store):
        with pytest.warns(UserWarning) as caught:
            assert store.get(key, "metrics") is None
        assert [str(warning.message) for warning in caught] == [
            f"Waiting for another program that locks {store.path}.",
            f"{store.path} is locked for longer than 0.01 s: it is not used.",
        ]
        # Not a minute for each entry.
        monkeypatch.setattr(module.sqlite3, "connect", None)
        assert store.get(key, "metrics") is None
        assert store.problem == "database is locked"
    monkeypatch.undo()
    assert Store(store.path).get(key, "metrics") == 5
    assert list(store.path.parent.glob("*.damaged")) == []


def test_it_waits_for_a_locked_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key = store.put("metrics", {"a": 1}, 5)
    monkeypatch.setattr(module, "_SILENT", 0.0)
    with locked(store) as connection:

        def end(message: str) -> None:
            assert message == f"Waiting for another program that locks {store.path}."
            connection.close()

        monkeypatch.setattr(module, "_warn", end)
        assert store.get(key, "metrics") == 5
    assert store.problem is None


@pytest.mark.parametrize("keep", [0, 40, 5000])
def test_a_damaged_file_is_set_aside(store: Store, keep: int) -> None:
    key = store.put("metrics", {"a": 1}, {"area": 1.5})
    content = store.path.read_bytes()
    damaged = content[:keep] + b"nonsense" * 1000
    store.path.write_bytes(damaged)
    with pytest.warns(UserWarning, match=r"store\.sqlite is damaged.*begun"):
        assert store.get(key, "metrics") is None
    assert store.path.with_name("store.sqlite.damaged").read_bytes() == damaged
    store.put("metrics", {"a": 1}, {"area": 1.5})
    assert store.get(key, "metrics") == {"area": 1.5}


def test_a_sound_file_is_not_set_aside(store: Store) -> None:
    """As when another process has repaired it between the error and the lock."""
    key = store.put("metrics", {"a": 1}, {"area": 1.5})
    store._set_aside()
    assert store.get(key, "metrics") == {"area": 1.5}


def test_no_place_means_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "store.sqlite", tmp_path):
        store = Store(path)
        key = store.put("metrics", {"a": 1}, 5)
        assert key == entry_key("metrics", {"a": 1})
        assert store.get(key, "metrics") is None
        assert store.lookup(key) == []
        assert store.stats() == {}
        assert store.prune() == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_to_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    store = Store(tmp_path / "store.sqlite")
    assert store.get(store.put("metrics", {"a": 1}, 5), "metrics") is None


def test_a_file_of_another_version_is_left_alone(store: Store) -> None:
    key = store.put("metrics", {"a": 1}, 5)
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA user_version = 77")
    connection.close()
    assert store.get(key, "metrics") is None
    store.put("metrics", {"a": 2}, 5)
    connection = sqlite3.connect(store.path)
    assert connection.execute("SELECT count(*) FROM results").fetchone() == (1,)
    connection.close()


def test_prune(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for number, (kind, days) in enumerate([("a", 10), ("a", 1), ("b", 10), ("b", 1)]):
        monkeypatch.setattr(module.time, "time", lambda days=days: now - 86400 * days)
        store.put(kind, {"number": number}, number)
    monkeypatch.setattr(module.time, "time", lambda: now)
    assert store.prune(kind="a", older_than_days=5) == 1
    assert sorted(entry.result for entry in store.entries()) == [1, 2, 3]
    assert store.prune(older_than_days=5) == 1
    assert store.prune(kind="b") == 1
    assert store.prune() == 1
    assert store.stats() == {}


def test_where_the_users_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAWX_STORE", str(tmp_path / "mine.sqlite"))
    first = default_store()
    assert first is not None
    assert first.path == tmp_path / "mine.sqlite"
    monkeypatch.delenv("HAWX_STORE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    second = default_store()
    assert second is not None
    assert second.path == tmp_path / "hawx_hw" / "synthesis.sqlite"
    monkeypatch.setattr(module, "store_file", lambda: None)
    assert default_store() is None


def test_arguments(store: Store) -> None:
    with pytest.raises(ValueError, match=r"^prefix must be four .*, not 'abc'$"):
        store.lookup("abc")
    with pytest.raises(ValueError, match=r"^prefix must be four .*, not 'nothex'$"):
        store.lookup("nothex")
    with pytest.raises(ValueError, match=r"^result must be something, not None$"):
        store.put("metrics", {}, None)


def test_keys_are_those_of_the_canonical_json() -> None:
    text = json.dumps({"inputs": {"a": 1, "b": 2}, "kind": "x"}, sort_keys=True)
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert entry_key("x", {"b": 2, "a": 1}) == expected
