from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw import fingerprints
from hawx_hw.fingerprints import code_hash, differences, json_hash, versions


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "package"
    (root / "room" / "deep").mkdir(parents=True)
    (root / "room" / "a.py").write_text("a = 1\n")
    (root / "room" / "deep" / "b.py").write_text("b = 1\n")
    (root / "alone.py").write_text("c = 1\n")
    monkeypatch.setattr(fingerprints, "_PACKAGE", root)
    code_hash.cache_clear()
    yield root
    code_hash.cache_clear()


def fresh(part: str) -> str:
    code_hash.cache_clear()
    return code_hash(part)


def test_code_hash_sees_content_and_names(package: Path) -> None:
    before = fresh("room")
    (package / "room" / "deep" / "b.py").write_text("b = 2\n")
    edited = fresh("room")
    (package / "room" / "deep" / "b.py").rename(package / "room" / "b.py")
    assert len({before, edited, fresh("room")}) == 3


def test_code_hash_sees_no_compiled_or_hidden_files(package: Path) -> None:
    before = fresh("room"), fresh("alone.py")
    (package / "room" / "__pycache__").mkdir()
    (package / "room" / "__pycache__" / "a.pyc").write_bytes(b"x")
    (package / "room" / ".a.py.swp").write_bytes(b"x")
    (package / "other.py").write_text("")
    assert (fresh("room"), fresh("alone.py")) == before


def test_code_hash_does_not_know_where_the_program_lies(package: Path, tmp_path: Path) -> None:
    before = fresh("room")
    package.rename(tmp_path / "elsewhere")
    fingerprints._PACKAGE = tmp_path / "elsewhere"
    assert fresh("room") == before


def test_code_hash_refuses_what_is_not_there(package: Path) -> None:
    with pytest.raises(
        ValueError, match="Code must be a file or folder of the program, not 'attic'"
    ):
        fresh("attic")


def test_code_beside_the_package() -> None:
    assert fresh("rtl_templates") != fresh("sim")


def test_json_hash_ignores_order() -> None:
    assert json_hash({"a": 1, "b": [2]}) == json_hash({"b": [2], "a": 1})
    assert json_hash({"a": 1}) != json_hash({"a": 2})


def test_versions_of_what_is_installed() -> None:
    found = versions("pytest", "no-such-distribution-of-hawx")
    assert found == {"pytest": pytest.__version__}


def test_differences() -> None:
    before = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4, "f": {"g": 5}}
    now = {"a": 1, "b": {"c": 0, "d": 3, "h": None}, "f": 6, "i": None}
    assert differences(before, now) == ["b.c", "e", "f"]
    assert differences(before, before) == []
