"""Each table is listed once, with all its names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.catalogue import catalogue, library, other_names
from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.blocks.user.imported import ImportedCircuit, Port
from hawx_hw.cli.blocks import list_blocks
from hawx_hw.errors import UserError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def bring(name: str, scale: int) -> None:
    codes = np.arange(256, dtype=np.int32)
    signed = codes - (codes >> 7 << 8)
    ports = Port("a", 8), Port("b", 8), Port("o", 16)
    netlist = "module hawx_import(a, b, o);\nendmodule\n"
    table = scale * signed[:, None] * signed
    ImportStore().save(name, ImportedCircuit(*ports, True, True, netlist, table))


def test_at_least_sixty_tables_and_no_two_alike() -> None:
    entries = catalogue()
    assert len(entries) >= 60
    assert len({entry.block.table.tobytes() for entry in entries}) == len(entries)
    assert entries[0].block.name == "exact"


def test_every_family_is_listed_and_every_name_resolves() -> None:
    listed = library()
    assert {block.family for block in listed} == set(FAMILIES)
    for entry in catalogue():
        for name in (entry.block.name, *entry.others):
            assert by_name(name).digest == entry.block.digest


def test_nothing_of_the_library_is_lost() -> None:
    listed = {name for entry in catalogue() for name in (entry.block.name, *entry.others)}
    assert {block.name for block in library()} <= listed


def test_imported_blocks() -> None:
    bring("same", 1)
    bring("new", 2)
    entries = {entry.block.name: entry.others for entry in catalogue()}
    assert "import:same" in entries["exact"]
    assert entries["import:new"] == ()
    assert "import:same" not in entries
    assert "exact" in other_names(by_name("import:same"))
    assert "import:same" not in other_names(by_name("import:same"))


def test_members_that_are_not_listed() -> None:
    unlisted = by_name("ubroken_array(1,5)")
    assert unlisted.digest not in {block.digest for block in library()}
    assert other_names(unlisted) == ()
    codes = np.arange(256, dtype=np.int32)
    table = unlisted.magnitudes(codes[:, None], codes)
    ports = Port("a", 8), Port("b", 8), Port("o", 16)
    netlist = "module hawx_import(a, b, o);\nendmodule\n"
    imported = ImportStore().save("mine", ImportedCircuit(*ports, False, False, netlist, table))
    assert other_names(imported) == ("ubroken_array(hbl=1,vbl=5)",)
    # The first member of each other family, and published names last.
    assert other_names(by_name("array(0,0,4)")) == (
        "broken_array(hbl=0,vbl=4,transposed=0)",
        "mul8s_1KVA@v2022",
        "mul8s_1KX2@master",
    )


def test_damaged_imports_are_left_out_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring("new", 2)
    bring("old", 3)
    (tmp_path / "hawx_hw" / "blocks" / "names" / "old.json").write_text("{")
    assert [entry.block.name for entry in catalogue("import")] == ["import:new"]
    list_blocks(family="import", sort=None, max_mae=None, max_wce=None, max_bias=None)
    assert "old.json: The imported block old is damaged. Import" in capsys.readouterr().err


def test_one_family() -> None:
    bring("same", 1)
    assert {entry.block.family for entry in catalogue("drum")} == {"drum"}
    (entry,) = catalogue("import")
    assert (entry.block.name, "exact" in entry.others) == ("import:same", True)
    with pytest.raises(UserError, match=r"There is no family 'dram'. The families are: exact, "):
        catalogue("dram")


def test_published_names() -> None:
    names = {name for entry in catalogue() for name in entry.others}
    assert {"mul8s_1KVM@v2022", "mul8s_1KR8@master", "mul8s_1KV6@v2022"} <= names
    assert len([name for name in names if name.startswith("mul8s_")]) == 26
