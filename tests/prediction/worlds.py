"""Designs of a world whose law is known."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.systolic.features import FEATURES
from hawx_hw.architectures.systolic.quantities import AREA_PARTS, DELAY_PARTS
from hawx_hw.prediction.table import TrainingTable

__all__ = ["rows", "table"]


def rows(count: int, seed: int = 0, *, noise: float = 0.005) -> list[dict[str, object]]:
    """Rows of a training table: areas, energies and delays by formulas of this file."""
    draw = np.random.default_rng(seed)
    found: list[dict[str, object]] = []
    for index in range(count):
        x = {name: float(draw.uniform(1, 10)) for name in FEATURES}
        x |= {"loaded": float(draw.integers(2)), "block_register": float(draw.integers(2))}
        x |= {"sum_bits": float(draw.integers(16, 26)), "clock_mhz": float(draw.uniform(50, 400))}
        x["pes"] = x["rows"] * x["columns"]
        x["block_area"] = x["pes"] * draw.uniform(50, 300)
        x["cycles"] = float(draw.integers(3000, 9000))
        x["block_energy_pj"] = float(draw.uniform(1e4, 1e5))

        def jitter() -> float:
            return float(np.exp(noise * draw.standard_normal()))

        areas = {
            "area_blocks": x["block_area"],
            "area_pes": x["pes"] * (50 + 9 * x["sum_bits"]) * jitter(),
            "area_array_slice": (30 * x["slices"] + 11 * x["columns"] * x["sum_bits"]) * jitter(),
            "area_row_feeder": 60 * x["rows"] * x["tap_bits"] * jitter(),
            "area_requantizer": x["lanes"] * (2000 + 120 * x["sum_bits"]) * jitter(),
        }
        pes = 0.4 + x["block_delay_ns"] + 0.1 * (1 - x["block_register"]) * np.log2(x["sum_bits"])
        delays = {
            "delay_pes_ns": pes * jitter(),
            "delay_requantizer_ns": 0.2 * np.log2(x["product_bits"]) + 1.0,
            "delay_core_ns": 0.7,
        }
        power = x["clock_mhz"] / x["cycles"]
        energy = (0.4 * x["block_energy_pj"] + 0.02 * x["cycles"] * x["pes"]) * jitter()
        found.append(
            {
                "key": f"{index:064x}",
                "blocks": ";".join(["exact", "drum(k=4)", "mitchell(w=4)"][: 1 + index % 3]),
                **areas,
                "area": sum(areas.values()) + (500 + 6 * x["program_bits"]) * jitter(),
                **delays,
                "longest_path_ns": max(delays.values()),
                "cycles": x["cycles"],
                "used_clock_mhz": x["clock_mhz"],
                "internal_uw": 0.6 * energy * power,
                "switching_uw": 0.4 * energy * power,
                "memory_uw": 1.1 * x["weight_energy_pj"] * power,
                "leakage_uw": (x["block_leakage_uw"] + 0.02 * x["pes"]) * jitter(),
                **{f"x_{name}": value for name, value in x.items()},
            }
        )
    assert set(AREA_PARTS) == {name.removeprefix("area_") for name in areas}
    assert set(DELAY_PARTS) < {n.removeprefix("delay_").removesuffix("_ns") for n in delays}
    return found


def table(count: int, seed: int = 0, *, noise: float = 0.005) -> TrainingTable:
    """The same as a table."""
    return TrainingTable.of(rows(count, seed, noise=noise))
