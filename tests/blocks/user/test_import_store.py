"""The store of imported blocks: loading by name and digest, damage reported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.catalogue import other_names
from hawx_hw.blocks.user.import_store import ImportStore, imported_blocks
from hawx_hw.blocks.user.imported import ImportedCircuit, Port
from hawx_hw.errors import UserError

NETLIST = "module hawx_import(q, p, r);\nendmodule\n"


def circuit(scale: int = 1) -> ImportedCircuit:
    codes = np.arange(256, dtype=np.int32)
    signed = codes - (codes >> 7 << 8)
    ports = Port("p", 8), Port("q", 8), Port("r", 16)
    return ImportedCircuit(*ports, True, True, NETLIST, scale * signed[:, None] * signed)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hawx_hw" / "blocks"


def test_loading_by_name_and_digest(cache: Path) -> None:
    saved = ImportStore().save("mine", circuit())
    for name in ("mine", circuit().digest[:8], circuit().digest):
        block = by_name(f"import:{name}")
        assert block.name == f"import:{name}"
        assert block.digest == saved.digest
        assert block.sources == saved.sources
    assert ImportStore().names() == ["mine"]
    assert block.digest == by_name("exact").digest


@pytest.mark.parametrize("signedness", [(True, False), (False, True), (False, False)])
def test_operands_that_are_read_in_other_ways(cache: Path, signedness: tuple[bool, bool]) -> None:
    other = replace(circuit(), a_signed=signedness[0], b_signed=signedness[1])
    saved = ImportStore().save("mine", other)
    loaded = ImportStore().load("mine")
    assert (loaded.circuit.a_signed, loaded.circuit.b_signed) == signedness
    assert loaded.digest == saved.digest
    assert loaded.circuit.digest == other.digest != circuit().digest


@pytest.mark.parametrize("signed", [3, [True], [True, True, True], [1, 0], "yes", None])
def test_a_record_of_no_reading(cache: Path, signed: object) -> None:
    ImportStore().save("mine", circuit())
    path = cache / "circuits" / circuit().digest / "circuit.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"signed": signed}))
    with pytest.raises(UserError, match="The imported block mine is damaged"):
        ImportStore().load("mine")


def test_names_that_are_taken(cache: Path) -> None:
    store = ImportStore()
    store.save("mine", circuit())
    store.save("mine", circuit())
    with pytest.raises(UserError, match=r"stands for another imported circuit.*--replace"):
        store.save("mine", circuit(2))
    assert store.load("mine").circuit.digest == circuit().digest
    store.save("mine", circuit(2), replace=True)
    assert store.load("mine").circuit.digest == circuit(2).digest
    with pytest.raises(UserError, match=r"letters, digits and underscores, not '../mine'"):
        store.save("../mine", circuit())


def test_names_that_are_unknown(cache: Path) -> None:
    with pytest.raises(UserError, match=r"No block 'mine' was imported. Imported are: none yet"):
        by_name("import:mine")
    ImportStore().save("yours", circuit())
    with pytest.raises(UserError, match=r"Imported are: yours. Import it with: hawx blocks import"):
        by_name("import:mine")
    with pytest.raises(UserError, match=r"No block '../names/yours' was imported"):
        by_name("import:../names/yours")


def test_digits_that_leave_a_choice(cache: Path) -> None:
    ImportStore().save("mine", circuit())
    (cache / "circuits" / (circuit().digest[:10] + "0" * 54)).mkdir()
    with pytest.raises(UserError, match=r"Several imported blocks begin with .* Write more digits"):
        by_name(f"import:{circuit().digest[:8]}")
    assert by_name(f"import:{circuit().digest[:12]}").digest == by_name("exact").digest


@pytest.mark.parametrize("file", ["netlist.v", "table.npy", "circuit.json"])
@pytest.mark.parametrize("damage", ["lost", "cut", "changed", "empty"])
def test_damaged_circuits(cache: Path, file: str, damage: str) -> None:
    ImportStore().save("mine", circuit())
    path = cache / "circuits" / circuit().digest / file
    content = path.read_bytes()
    if damage == "lost":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[:-4])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.write_bytes(content.replace(b"true", b"false").replace(b"q, p", b"p, q"))
        if file == "table.npy":
            np.save(path, circuit(2).table)
    with pytest.raises(UserError, match=r"The imported block mine is damaged. Import it again"):
        by_name("import:mine")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        pytest.param("[" * 100_000, id="deep"),
        json.dumps({"schema": 99, "circuit": "0"}),
    ],
)
def test_damaged_names(cache: Path, content: str) -> None:
    ImportStore().save("mine", circuit())
    (cache / "names" / "mine.json").write_text(content)
    with pytest.raises(UserError, match=r"mine\.json: The imported block mine is damaged"):
        by_name("import:mine")


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="cannot be stored: Not a directory") as error:
        ImportStore().save("mine", circuit())
    assert error.value.where == str(tmp_path / "file" / "hawx_hw" / "blocks")
    assert error.value.hint == "Let HAWX_CACHE name a folder that can be written."


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hawx_hw.util.locations.cache_folder", lambda kind: None)
    with pytest.raises(
        UserError, match=r"imported blocks: there is no home folder. Set HAWX_CACHE"
    ):
        ImportStore()


def test_nothing_was_imported_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    for name in ("XDG_CACHE_HOME", "HAWX_CACHE"):
        monkeypatch.delenv(name, raising=False)
    assert imported_blocks() == ([], [])
    assert "array(ha=0,hb=0,v=0)" in other_names(by_name("exact"))
