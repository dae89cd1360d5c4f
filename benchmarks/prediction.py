"""How long predictions take, once loaded: ``python benchmarks/prediction.py [TECHNOLOGY]``."""

from __future__ import annotations

import sys
import time

import numpy as np

from hawx_hw.architectures.systolic.features import FEATURES
from hawx_hw.prediction.shipped import read_kept, read_table

_ONES = 200
_MANY = 10_000


def main() -> None:
    technology = sys.argv[1] if len(sys.argv) > 1 else "generic45"
    start = time.perf_counter()
    predictors = read_kept(technology).predictors
    print(f"loaded in {time.perf_counter() - start:.2f} s")
    table = read_table(technology)
    seen = np.stack([table.features[name] for name in FEATURES], axis=1)
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
