"""Designs of both architectures that are compared, and their tables."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from architectures import (
    ARCHITECTURES,
    HETEROGENEOUS,
    HOMOGENEOUS,
    Design,
    Row,
    by_blocks,
    draw,
    side_by_side,
)
from rich.console import Console

from hawx_hw.architectures.registry import ARCHITECTURES as REGISTERED
from hawx_hw.config.models import Config


def row(design: Design, area: float, nj: float) -> Row:
    layers = [SimpleNamespace(parts={"blocks": 250 * nj, "memories": 250 * nj})] * 2
    power: Any = SimpleNamespace(
        energy_pj=1000 * nj, power_uw=2000 * nj, cycles=1000, layers=layers
    )
    return Row(design, f"{design.multipliers} of them", 0.9, area, 5e4, 1.1, 16_000, power)


def printed(table: Any) -> str:
    output = io.StringIO()
    Console(width=200, file=output).print(table)
    return output.getvalue()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("blocks", [*HOMOGENEOUS, *HETEROGENEOUS])
def test_configs_are_legal(architecture: str, blocks: str) -> None:
    assert set(ARCHITECTURES) == set(REGISTERED)
    design = Design(architecture, 16, blocks)
    config = Config.model_validate(design.config(4))
    assert config.accelerator.architecture == architecture
    assert design.heterogeneous == (blocks in HETEROGENEOUS)


def test_tables_have_every_design() -> None:
    rows = [row(Design(name, 16), 16e3 * n, 32 * n) for n, name in enumerate(ARCHITECTURES, 1)]
    sizes, energies = map(printed, side_by_side(rows))
    # 16,000 multiplications by 16 multipliers in 1,000 cycles; 32 and 64 nJ.
    for text in ("16,000", "1,000", "100.0%", "2.00", "2,000", "4.00"):
        assert text in sizes
    assert "systolic array, 16" in energies and "16.0" in energies and "32.0" in energies


def test_shares_are_those_of_exact_blocks_of_the_same_architecture(tmp_path: Path) -> None:
    rows = [
        row(Design(name, 16, blocks), area, nj)
        for name in ARCHITECTURES
        for blocks, area, nj in (("exact", 1000, 100), ("by layer", 1500, 40))
    ]
    text = printed(by_blocks(rows))
    assert text.count("150.0%") == text.count("40.0%") == 2
    draw(rows, tmp_path / "picture.svg")
    picture = (tmp_path / "picture.svg").read_text("utf-8")
    draw(rows, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text("utf-8") == picture
