"""Technologies by name, by liberty file and by YAML, and what a user can get wrong."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.technology import BUILT_IN, load

LIBRARY = """library (small) {
  time_unit : "1ns"; capacitive_load_unit (1, pf);
  cell (INV) { area : 2; pin (A) { direction : input; capacitance : 0.001; }
    pin (Y) { direction : output; function : "!A"; } }
}
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def test_generic45_is_at_hand() -> None:
    technology = load("generic45")
    assert technology.name == "generic45"
    assert technology.liberty.is_file()
    assert technology.digest == hashlib.sha256(technology.liberty.read_bytes()).hexdigest()
    assert len(technology.library.cells) == 25


def test_built_in_names() -> None:
    assert BUILT_IN == ("generic45", "osu018", "osu035")


@pytest.mark.parametrize("name", ["osu018", "osu035"])
def test_qflow_technologies_load_or_name_their_package(name: str) -> None:
    installed = any(
        Path(f"{base}/share/qflow/tech/{name}/{name}_stdcells.lib").is_file()
        for base in ("/usr", "/usr/local")
    )
    if installed:
        assert load(name).library.cells["DFFPOSX1"].sequential
    else:
        with pytest.raises(UserError, match=f"apt-get install qflow-tech-{name}"):
            load(name)


def test_liberty_by_path_counts_from_the_base(tmp_path: Path) -> None:
    (tmp_path / "small.lib").write_text(LIBRARY)
    technology = load("small.lib", base=tmp_path)
    assert technology.name == "small"
    assert technology.liberty == tmp_path / "small.lib"
    assert technology.library.cells["INV"].area == 2


def test_packed_liberty_is_unpacked_once_by_content(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "small.lib.gz"
    path.write_bytes(gzip.compress(LIBRARY.encode(), mtime=0))
    first = load(str(path))
    assert first.name == "small"
    assert first.liberty.read_text() == LIBRARY
    assert first.liberty.is_relative_to(cache)
    stamp = first.liberty.stat().st_mtime_ns
    assert load(str(path)).liberty.stat().st_mtime_ns == stamp
    path.write_bytes(gzip.compress(LIBRARY.replace("2;", "3;").encode(), mtime=0))
    second = load(str(path))
    assert second.liberty != first.liberty
    assert second.library.cells["INV"].area == 3


def test_technology_yaml_takes_the_first_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "second.lib").write_text(LIBRARY)
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nliberty: [first.lib, second.lib]\n")
    technology = load("mine.yaml", base=tmp_path)
    assert technology.name == "mine"
    assert technology.liberty == tmp_path / "second.lib"


def test_unknown_name() -> None:
    with pytest.raises(UserError, match=r"Unknown technology 'generic90'.*generic45, osu018"):
        load("generic90")


def test_missing_liberty_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no liberty file 'none\.lib'"):
        load("none.lib", base=tmp_path)


def test_missing_file_of_a_yaml_says_how_to_get_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nliberty: none.lib\ninstall: Ask the foundry.\n")
    with pytest.raises(UserError, match=r"'mine' is missing\. Ask the foundry\."):
        load(str(path))


@pytest.mark.parametrize(
    "text", ["- a list\n", "name: mine\n", "name: a\nliberty: b.lib\ncolour: red\n", "name: [\n"]
)
def test_damaged_yaml_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load(str(path))
    assert caught.value.where == str(path)


def test_damaged_archive_is_named(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "small.lib.gz"
    path.write_bytes(gzip.compress(LIBRARY.encode())[:-9])
    with pytest.raises(UserError, match="is damaged") as caught:
        load(str(path))
    assert caught.value.where == str(path)
    assert not list(cache.rglob("*.lib"))


@pytest.mark.parametrize(
    "text", ["", "not liberty at all", "library (a) { cell (b) {", "library (empty) { }"]
)
def test_what_is_no_liberty_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.lib"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        _ = load(str(path)).library
    assert caught.value.where == str(path)
