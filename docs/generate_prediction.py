"""Writes docs/prediction.md and docs/prediction.svg: run ``python docs/generate_prediction.py``."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import get_args

from hawx_hw.architectures.systolic.features import FEATURES
from hawx_hw.prediction.evaluation import HELD_OUT, Held, evaluate, scores
from hawx_hw.prediction.plots import parity
from hawx_hw.prediction.shipped import read_table
from hawx_hw.util.files import write_text

__all__ = ["document"]

_TECHNOLOGY = "generic45"
_FIGURES = {
    "area": "area of the cells",
    "power": "power at the design's clock",
    "fmax": "highest clock",
    "energy": "energy of an image without leakage",
    "leakage": "leakage",
}
_PAGE = """\
# Predictions

```sh
hawx predict configs/lenet5.yaml                  # area, power, energy, clock, latency, in advance
hawx predictors evaluate --plot prediction.svg    # how good that is on designs held out
hawx characterize-designs --designs 150 --output designs.csv      # see sweeps.md
hawx train-predictors designs.csv --output predictors
HAWX_PREDICTORS=predictors hawx predict configs/lenet5.yaml
```

`make predictors` makes those that come with the package, from nothing.

The search needs the cost of any design at once, and its user needs to know how wrong it may be.
`hawx predict` maps the network, counts, and predicts; it synthesizes nothing but blocks that the
technology's table lacks. Cycles are exact, by the cycle model. Memories are exact too, by the
technology's memory model, since a plan says which there are. Cells, energy and paths are predicted.

## The model

1. **Parts.** Area is the sum of blocks, PEs, array slices, row feeders, requantizers and the rest;
   dynamic energy that of logic and memories; the longest path is the longest of those in PEs, in
   requantizers and elsewhere. Each part is a sum of physical terms (the table below; such as bits
   of sums times PEs) with coefficients of at least zero, fitted to relative errors. The area of the
   blocks is no fit: a block takes in the design what it takes alone.
2. **What the parts miss**, the logarithm of truth over the parts' sum, is learned by a Gaussian
   process (Matern 5/2, a length for each feature, white noise; scikit-learn).
3. **Intervals** hold 90 % of designs: the process's standard deviation times a factor that is
   calibrated on training designs held out in turn. For the longest path the interval reaches from
   the longest low to the longest high.
4. **Outside.** A design that lies outside what was trained on in a feature that counts is told,
   with the feature's name and range, and its intervals are wider: by 1.5 at the edge, and more with
   the distance. How much wider is a choice, not a calibration.

Coefficients and hyperparameters are in JSON, the training table in CSV. Loading fits the process
to the table anew with these hyperparameters, so the same files give the same predictions.

## How good it is

{designs} designs of {technology}, from a space-filling plan. Whole designs are held out, a tenth at
a time; everything is fitted anew without them.

{by_designs}

![Predicted over found, with 90 % intervals](prediction.svg)

The highest clock is the weakest: its order (tau) is blurred among the many designs whose longest
path is the requantizer's, the same in all of them to a few per cent; and where PEs hold several
blocks, the signal that chooses among them drives all PEs of a slice without buffers, which makes
paths of up to 8 ns that depend on details of the grid.

The harder question is a block that was never seen in any design, only characterized by itself. For
each block, predictors were trained on the designs without it and asked for those with it:

{by_blocks}

sMAPE is the mean of 200 |p - t| / (|p| + |t|); tau is Kendall's; the last column is the median
interval's width as a share of the prediction.

## What it leaves out

The predictors learned from networks of one kind (LeNet-5 on digits and MNIST), and from arrays of 4
to 20 rows and columns. Truth is this project's synthesis and power analysis, without wires, a
clock tree or glitches. How much the activations of another network toggle is not a feature.

## Features

{features}
"""


def document(folder: Path) -> str:
    """The page; the plot goes into ``folder``."""
    table = read_table(_TECHNOLOGY)
    kinds = get_args(HELD_OUT)
    # Not forked: scikit-learn's threads do not survive that.
    with ProcessPoolExecutor(len(kinds), get_context("spawn")) as pool:
        held = dict(zip(kinds, pool.map(evaluate, [table] * len(kinds), kinds), strict=True))
    parity(held["designs"], folder / "prediction.svg")
    return _PAGE.format(
        designs=len(table),
        technology=_TECHNOLOGY,
        by_designs=_scores(held["designs"]),
        by_blocks=_scores(held["blocks"]),
        features=_table(
            ["feature", "what it is"], [[f"`{n}`", text] for n, text in FEATURES.items()]
        ),
    )


def _scores(held: dict[str, Held]) -> str:
    rows = []
    for name, text in _FIGURES.items():
        s = scores(held[name])
        rows.append(
            [text, str(s.designs), f"{s.smape:.2f}", f"{s.worst:.1f}", f"{s.r2:.4f}",
             f"{s.tau:.3f}", f"{s.coverage:.0f} %", f"{s.width:.1f} %"]
        )  # fmt: skip
    heading = ["", "predictions", "sMAPE %", "worst %", "R2", "tau", "in the interval", "width"]
    return _table(heading, rows)


def _table(heading: list[str], rows: list[list[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    here = Path(__file__).parent
    write_text(here / "prediction.md", document(here))
