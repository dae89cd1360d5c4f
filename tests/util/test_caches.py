"""What is cached is verified when it is read, and a cache is never needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hawx_hw.util import caches
from hawx_hw.util.caches import (
    cache_problem,
    read_cached,
    usable_cache_folder,
    write_cached,
)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("content", [b"", b"content", bytes(100_000)])
def test_what_is_written_is_read(cache: Path, content: bytes) -> None:
    write_cached(cache / "kernels" / "file", content)
    assert read_cached(cache / "kernels" / "file") == content


def test_what_is_missing() -> None:
    assert read_cached(None) is None
    assert read_cached(Path("missing")) is None
    write_cached(None, b"content")


@pytest.mark.parametrize("size", [0, 5, 31, 32, 38])
def test_what_is_cut_is_missing(cache: Path, size: int) -> None:
    write_cached(cache / "file", b"content")
    os.truncate(cache / "file", size)
    assert read_cached(cache / "file") is None


def test_what_changed_is_missing(cache: Path) -> None:
    write_cached(cache / "file", b"content")
    whole = (cache / "file").read_bytes()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1
        (cache / "file").write_bytes(changed)
        assert read_cached(cache / "file") is None


def test_what_is_no_file_is_missing(cache: Path) -> None:
    (cache / "folder").mkdir(parents=True)
    os.mkfifo(cache / "fifo")
    assert read_cached(cache / "folder") is None
    assert read_cached(cache / "fifo") is None


def test_a_cache_that_can_be_written(cache: Path) -> None:
    assert cache_problem() is None
    assert list(cache.iterdir()) == []
    assert usable_cache_folder("kernels") == cache / "kernels"
    assert (cache / "kernels").is_dir()


def test_a_cache_that_cannot_be_made(cache: Path) -> None:
    cache.write_text("no folder", "utf-8")
    assert cache_problem() == f"{cache} cannot be written: File exists."
    assert usable_cache_folder("kernels") is None
    write_cached(cache / "file", b"content")
    assert read_cached(cache / "file") is None


def test_a_cache_of_another_user(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches.os, "access", lambda path, mode: False)
    assert usable_cache_folder("kernels") is None


def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "cache_folder", lambda kind=None: None)
    assert usable_cache_folder("kernels") is None
    assert cache_problem() == "There is no home folder, and so no folder for a cache."
