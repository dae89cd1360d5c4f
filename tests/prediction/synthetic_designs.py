"""A synthetic architecture, and designs of it whose areas, energies and delays follow other laws.

The laws are power laws and saturations that no sum of the architecture's terms equals: predictors
must learn the difference.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from hawx_hw.architectures.quantities import (
    ONE,
    Part,
    Quantities,
    Quantity,
    complement,
    feature,
    log2,
)
from hawx_hw.prediction.table import TrainingTable

__all__ = ["SYNTHETIC", "records", "table"]

FEATURES = {
    "units": "multipliers",
    "sum_bits": "width of the sums (bits)",
    "registered": "a register after the blocks (1) or none (0)",
    "block_area": "total area of the blocks (um2)",
    "block_energy_pj": "energy of an image's multiplications (pJ)",
    "block_delay_ns": "longest path of the slowest block (ns)",
    "cycles": "cycles of an inference",
    "clock_mhz": "clock (MHz)",
    "memory_area": "total area of the memories (um2)",
}
_UNITS, _BITS, _CYCLES = (feature(name) for name in ("units", "sum_bits", "cycles"))


def _path(unit: str, *terms, correction: tuple[str, ...]) -> Quantity:
    target = f"delay_{unit}_ns"
    return Quantity(target, "ns", (Part(unit, target, terms),), correction)


QUANTITIES = Quantities(
    area=Quantity(
        "area",
        "um2",
        (
            Part("blocks", "area_blocks", (), exact=feature("block_area")),
            Part("multipliers", "area_multipliers", (_UNITS, _UNITS * _BITS)),
            Part("rest", "area_rest", (ONE, _UNITS, _BITS)),
        ),
        ("units", "sum_bits", "block_area"),
    ),
    energy=Quantity(
        "dynamic_pj",
        "pJ",
        (
            Part("blocks", "blocks_pj", (feature("block_energy_pj"),)),
            Part("clock", "clock_pj", (_CYCLES, _CYCLES * _UNITS)),
            Part("logic", "logic_pj", (_CYCLES * _UNITS,)),
            Part("memories", "memory_pj", (_CYCLES,)),
        ),
        ("units", "sum_bits", "cycles", "block_energy_pj", "registered"),
    ),
    leakage=Quantity(
        "leakage_uw",
        "uW",
        (Part("all", "leakage_uw", (feature("block_area"), _UNITS * _BITS, ONE)),),
        ("units", "sum_bits", "block_area"),
    ),
    paths={
        "multipliers": _path(
            "multipliers",
            ONE,
            feature("block_delay_ns"),
            complement("registered") * log2("sum_bits"),
            correction=("block_delay_ns", "registered", "sum_bits"),
        ),
        "rest": _path("rest", ONE, log2("units"), correction=("units",)),
    },
)

#: What predictors need of an architecture.
SYNTHETIC = SimpleNamespace(name="synthetic", features=FEATURES, quantities=QUANTITIES)


def records(count: int, seed: int = 0, *, noise: float = 0.005) -> list[dict[str, object]]:
    """Records of a training table."""
    draw = np.random.default_rng(seed)
    return [_record(index, draw, noise) for index in range(count)]


def table(count: int, seed: int = 0, *, noise: float = 0.005) -> TrainingTable:
    """The same as a table."""
    return TrainingTable.of(SYNTHETIC, records(count, seed, noise=noise))


def _record(index: int, draw: np.random.Generator, noise: float) -> dict[str, object]:
    units, bits = float(draw.integers(16, 400)), float(draw.integers(16, 26))
    registered = float(draw.integers(2))
    block_area = units * draw.uniform(50, 300)
    block_energy, block_delay = draw.uniform(1e4, 1e5), draw.uniform(0.5, 2.0)
    cycles, clock = float(draw.integers(3000, 9000)), draw.uniform(50, 400)

    def about(value: float) -> float:
        return float(value * np.exp(noise * draw.standard_normal()))

    areas = {
        "area_blocks": block_area,
        "area_multipliers": about(12 * units**1.05 * bits**1.1),
        "area_interconnect": about(60 * units**0.8 * bits),
        "area_control": about(500 + 9 * bits**1.5),
    }
    delays = {
        "delay_multipliers_ns": about(0.3 + block_delay**1.1 + (1 - registered) * 0.12 * bits**0.5),
        "delay_interconnect_ns": about(0.5 + 0.04 * units**0.4),
        "delay_control_ns": 0.4,
    }
    blocks, array = 0.4 * block_energy ** (1 + 0.02 * registered), 0.01 * cycles * units**1.05
    cells = about(blocks + array)
    memory = about(4 * cycles * (1 + bits / 100))
    leakage = about(0.02 * sum(areas.values()) ** 1.02)
    power = clock / cycles
    values = (units, bits, registered, block_area, block_energy, block_delay, cycles, clock, 1e5)
    return {
        "key": f"{index:064x}",
        "blocks": ";".join(["exact", "drum(k=4)", "mitchell(w=4)"][: 1 + index % 3]),
        **areas,
        "area": sum(areas.values()),
        **delays,
        "longest_path_ns": max(delays.values()),
        "cycles": cycles,
        "used_clock_mhz": clock,
        "power_uw": (cells + memory) * power + leakage,
        "blocks_uw": cells * blocks / (blocks + array) * power,
        "clock_uw": 0.6 * cells * array / (blocks + array) * power,
        "memory_uw": memory * power,
        "leakage_uw": leakage,
        **{f"x_{name}": value for name, value in zip(FEATURES, values, strict=True)},
    }
