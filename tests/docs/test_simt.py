"""The program in docs/simt.md runs as the page describes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.timing import time_program

PAGE = (Path(__file__).parents[2] / "docs" / "simt.md").read_text()
PROGRAMS = re.findall(r"```asm\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_program(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    weights = rng.integers(-127, 128, (256, 8)).astype(np.int8)
    constants = np.stack(
        [rng.integers(0, 300, (2, 8)), rng.integers(-(2**15), 2**15, (2, 8))], axis=2
    )
    np.save(tmp_path / "weights.npy", weights)
    np.save(tmp_path / "constants.npy", constants)
    codes = rng.integers(-128, 128, (16, 8)).astype(np.int8)
    program = assemble(PROGRAMS[0], folder=tmp_path)
    outcome = simulate(program, codes, limit=1000)
    sums = np.einsum("wkf,k->wf", weights.reshape(2, 128, 8).astype(int), codes.ravel())
    shifted = (sums * constants[..., 0] + constants[..., 1]) >> 9
    np.testing.assert_array_equal(outcome.memories.result[:2], np.clip(shifted, -128, 127))
    assert outcome.trap is None
    timing = time_program(program)
    assert outcome.cycles == timing.cycles
    assert f"{timing.cycles} cycles for 2,048 products" in PAGE
    assert timing.layers[0].products == 2048
    walking = sum(timing.layers[0].causes[cause] for cause in ("useful", "stretched"))
    assert f"the multiply engine walks {walking:.0f}" in PAGE


def test_other_directives_of_the_page_are_right() -> None:
    for text in PROGRAMS[1:]:
        assemble(f".unit lanes=8\n{text}\nHALT")


def test_defaults_of_the_page() -> None:
    unit = SimtConfig().unit()
    lines = dict(re.findall(r"\| `(\w+)` \| [^|]* \| (\d+) \|", PAGE))
    assert lines == {
        "lanes": "8", "registers": "8", "taps": "8", "block_register": "0",
        "register_bits": "24", "scalar_bits": "16",
    }  # fmt: skip
    for name, value in lines.items():
        assert int(getattr(unit, name)) == int(value)
