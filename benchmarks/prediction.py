"""How long predictions take, once loaded.

Run ``python benchmarks/prediction.py [TECHNOLOGY [ARCHITECTURE]]``.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from hawx_hw.architectures.registry import architecture_named
from hawx_hw.prediction.storage import load_predictors, load_table

_ONES = 200
_MANY = 10_000


def main() -> None:
    technology = sys.argv[1] if len(sys.argv) > 1 else "generic45"
    architecture = architecture_named(sys.argv[2] if len(sys.argv) > 2 else None)
    start = time.perf_counter()
    predictors = load_predictors(architecture, technology).predictors
    print(f"loaded in {time.perf_counter() - start:.2f} s")
    seen = load_table(architecture, technology).values
    times = []
    for index in range(_ONES):
        start = time.perf_counter()
        predictors.estimate(seen[index % len(seen)][None, :])
        times.append(time.perf_counter() - start)
    print(f"one design: {1000 * float(np.median(times)):.3f} ms (median of {_ONES})")
    many = seen[np.arange(_MANY) % len(seen)]
    start = time.perf_counter()
    predictors.estimate(many)
    print(f"{_MANY:,} designs: {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    main()
