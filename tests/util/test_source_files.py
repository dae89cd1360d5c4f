"""The files that a user's module consists of."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.util.source_files import future_source_files, source_files

FILES = {
    "sf_top.py": (
        "import json, numpy, hawx_hw.errors\nimport sf_a\nfrom sf_pack import inner\n"
        "from sf_pack.deep.leaf import f\n\ndef later():\n    import sf_later\n"
    ),
    "sf_a.py": "import sf_top\n",
    "sf_later.py": "",
    "sf_unused.py": "",
    "sf_pack/__init__.py": "",
    "sf_pack/inner.py": "from . import beside\nfrom .beside import x\n",
    "sf_pack/beside.py": "x = 1\n",
    "sf_pack/other.py": "",
    "sf_pack/deep/__init__.py": "from .. import other\n",
    "sf_pack/deep/leaf.py": "def f():\n    from ...... import nowhere\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("sf_top")
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("sf_")]:
        del sys.modules[name]


def test_what_is_imported_and_the_users_own(folder: Path) -> None:
    expected = {
        "sf_top", "sf_a", "sf_pack", "sf_pack.inner", "sf_pack.beside", "sf_pack.other",
        "sf_pack.deep", "sf_pack.deep.leaf",
    }  # fmt: skip
    files = source_files("sf_top")
    assert set(files) == expected
    assert files["sf_pack"] == folder / "sf_pack" / "__init__.py"
    assert files["sf_pack.deep.leaf"] == folder / "sf_pack" / "deep" / "leaf.py"


def test_what_is_imported_later_counts_from_then_on(folder: Path) -> None:
    sys.modules["sf_top"].later()
    assert "sf_later" in source_files("sf_top")


@pytest.mark.parametrize("name", ["json", "numpy", "hawx_hw.errors", "sf_missing", "sys"])
def test_installed_code_has_none(name: str) -> None:
    assert source_files(name) == {}


def test_a_file_that_is_gone_or_no_python_has_no_imports(folder: Path) -> None:
    (folder / "sf_a.py").unlink()
    (folder / "sf_top.py").write_bytes(b"\0")
    assert set(source_files("sf_top")) == {"sf_top"}


def test_what_would_be_imported(tmp_path: Path) -> None:
    """The same files without running anything; imports inside functions count at once."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + "raise SystemExit\n")
    before = set(sys.modules)
    files = future_source_files("sf_top", [tmp_path])
    assert set(files) == {
        "sf_top", "sf_a", "sf_later", "sf_pack", "sf_pack.inner", "sf_pack.beside",
        "sf_pack.other", "sf_pack.deep", "sf_pack.deep.leaf",
    }  # fmt: skip
    assert files["sf_pack"] == tmp_path / "sf_pack" / "__init__.py"
    assert not {name for name in set(sys.modules) - before if name.startswith("sf_")}


def test_what_would_be_imported_from_the_search_path(folder: Path) -> None:
    expected = source_files("sf_top") | {"sf_later": folder / "sf_later.py"}
    assert future_source_files("sf_top", []) == expected


@pytest.mark.parametrize("name", ["json", "numpy", "hawx_hw.errors", "sf_missing", "sys"])
def test_installed_code_would_have_none(name: str, tmp_path: Path) -> None:
    assert future_source_files(name, [tmp_path]) == {}
