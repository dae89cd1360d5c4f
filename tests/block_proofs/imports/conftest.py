"""A store of its own for each test of imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.blocks.user.import_store import ImportStore


@pytest.fixture
def store(tmp_path: Path) -> ImportStore:
    return ImportStore(tmp_path / "store")
