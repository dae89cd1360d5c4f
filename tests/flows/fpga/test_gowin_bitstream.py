"""Block RAMs of a GW2A's bitstream, against what its packer writes."""

from __future__ import annotations

import importlib.util
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.flows.fpga.gowin_bitstream import (
    block_ram_contents,
    block_ram_sites,
    database,
    ram_frames,
)

DEVICE = "GW2A-18C"
needs_apycula = pytest.mark.skipif(
    importlib.util.find_spec("apycula") is None, reason="needs hawx_hw[fpga]"
)


def line(bits: str) -> str:
    return "1" * (-len(bits) % 8) + bits[::-1] + "0" * 16 + "1" * 48


def bitstream(*frames: str) -> str:
    return "\n".join(
        [
            "//comment",
            "1" * 32,
            f"0011101110000000{len(frames):016b}",
            *map(line, frames),
            "00001000",
        ]
    )


def test_rows_behind_the_fabric() -> None:
    text = bitstream("00000", "11111", "10010", "01000")
    np.testing.assert_array_equal(ram_frames(text, 2, 5), [[1, 0, 0, 1, 0], [0, 1, 0, 0, 0]])
    for other in (ram_frames(text, 4, 5), ram_frames(text, 2, 13), ram_frames("", 2, 5)):
        assert len(other) == 0


def test_sites_of_block_rams(tmp_path: Path) -> None:
    def cell(site: str, subtype: str) -> dict[str, object]:
        return {"attributes": {"NEXTPNR_BEL": site, "BSRAM_SUBTYPE": subtype}}

    cells = {
        "a": cell("X12Y9/BSRAM", ""),
        "b": cell("X3Y27/BSRAM0", "X9"),
        "c": cell("X3Y27/LUT0", ""),
        "d": {},
    }
    (tmp_path / "routed.json").write_text(json.dumps({"modules": {"top": {"cells": cells}}}))
    assert block_ram_sites(tmp_path / "routed.json") == {"a": (9, 12, False), "b": (27, 3, True)}


@needs_apycula
@pytest.mark.parametrize(("subtype", "width"), [("", 256), ("X9", 288)])
def test_contents_are_those_that_the_packer_was_given(
    subtype: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    packer: Any = import_module("apycula.gowin_pack")
    monkeypatch.setattr(packer, "device", DEVICE, raising=False)
    monkeypatch.setattr(packer, "bsram_init_map", None)
    own, rng = database(DEVICE), np.random.default_rng(1)
    sites = [(9, 6), (27, 0), (45, 51)]
    contents = [rng.integers(0, 2, (64, width), np.uint8) for _ in sites]
    for (row, column), bits in zip(sites, contents, strict=True):
        parameters = {
            f"INIT_RAM_{index:02X}": "".join(map(str, each[::-1]))
            for index, each in enumerate(bits)
        }
        attributes = {"BSRAM_SUBTYPE": subtype}
        packer.store_bsram_init_val(own, row, column, "SDP", parameters, attributes)
    frames = np.array(packer.bsram_init_map, np.uint8)
    for (row, column), bits in zip(sites, contents, strict=True):
        read = block_ram_contents(frames, DEVICE, row, column, ninth=bool(subtype))
        np.testing.assert_array_equal(read, bits.reshape(-1))
    # Where no block RAM has initial contents, the bitstream has no frames for them.
    none = block_ram_contents(frames[:0], DEVICE, 9, 6, ninth=False)
    assert not none.any()
