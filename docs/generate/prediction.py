"""docs/prediction.md with prediction.svg: how well the predictors predict held-out designs."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import get_args

from docs.generate.tables import table
from hawx_hw.architectures.base import Architecture
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.prediction.evaluation import HELD_OUT, HeldOut, evaluate, scores
from hawx_hw.prediction.plots import parity
from hawx_hw.prediction.storage import load_table

__all__ = ["document"]

_TECHNOLOGY = "generic45"
_METRICS = {
    "area": "area of the cells",
    "power": "power at the design's clock",
    "fmax": "highest clock",
    "energy": "energy of an image without leakage",
    "leakage": "leakage",
}
_PAGE = """\
# Predictions

Synthesis and power analysis take half a minute for a design, and a search compares hundreds. So
area, power and the longest path are predicted from what the plan of a design already states, by
models that were trained on designs which were built and measured. Each prediction comes with an
interval that contains 90 % of designs.

```sh
hawx predict configs/lenet5.yaml                  # area, power, energy, clock, latency
hawx predictors evaluate --plot prediction.svg    # errors on held-out designs
hawx characterize-designs --designs 80 --output designs.csv      # see sweeps.md
hawx train-predictors designs.csv --output predictors
HAWX_PREDICTORS=predictors hawx predict configs/lenet5.yaml
```

`make predictors` builds the predictors of the package from scratch. Commands without a config take
`--architecture simt` for SIMT units.

The search needs the cost of any design without synthesis, and the size of its possible error.
`hawx predict` maps the network and predicts from the features of the plan; it synthesizes only
blocks that the technology's table lacks. Cycles are exact, by the cycle model. Memories are exact
too, by the technology's memory model, since the plan lists them. Cells, energy and paths are
predicted.

## The model

1. **Parts.** Area is the sum of blocks, PEs, array slices, row feeders, requantizers and the rest
   (of a SIMT unit: blocks, lanes, front end, engines and so on, one for each kind of module);
   dynamic energy that of blocks, clock, memories and all other logic; the longest path is the
   longest of those that end in PEs, array slices, accumulators, requantizers and elsewhere (in
   lanes, front end, checks of streams and elsewhere). Each part is a sum of physical terms (the
   tables below; such as bits of sums times cycles in which pixels enter the array) with
   coefficients of at least zero, fitted to relative errors. The area and leakage of the blocks are
   not fitted: a block has the same in the design as alone. Nor are leakage and energy of the
   memories, whose accesses the plan lists: they have no range either. Designs that lack a part,
   such as the vector unit of a program without vector instructions, do not count for it.
2. **Correction.** The logarithm of the measured value over the sum of the parts is learned by a
   Gaussian process (Matern 5/2, a length for each feature, white noise; scikit-learn).
3. **Intervals** contain 90 % of designs: the process's standard deviation times a factor that is
   calibrated on training designs held out in turn. For the longest path the interval extends from
   the longest lower end to the longest upper end.
4. **Outside the training range.** If a relevant feature of a design lies outside the range of the
   training data, the feature is reported with that range, and the intervals are wider: by 1.5 at
   the edge, and more with the distance. This factor is chosen, not calibrated: there, measure the
   design (`hawx synth`, `hawx power`), or train predictors on designs like it.

Coefficients and hyperparameters are in JSON, the training table in CSV. Loading fits the process
to the table anew with these hyperparameters, so the same files give the same predictions.

Predictors belong to an architecture and a technology: the files are `ARCHITECTURE_TECHNOLOGY.json`,
`.csv` and `_blocks.csv`, in the folder that `HAWX_PREDICTORS` names or in the package. What is
predicted from which features is data of the architecture; the model above is the same for all.

## Accuracy of the predictions

Of {designs} systolic designs of {technology}, from a space-filling sequence, whole designs are held
out, a tenth at a time; everything is fitted again without them.

{by_designs}
![Predicted over measured, with 90 % intervals](prediction.svg)

The highest clock is hardest to rank (tau): in most designs the longest paths of PEs, slices and
requantizers are within some per cent of each other, and synthesis makes the path of a module a few
per cent longer or shorter for one bit more, in no order that the features show. A tau of 0.9, the
aim, is missed.

A harder test is a block that is in no training design, only characterized by itself. For each
block, predictors were trained on the designs without it and tested on those with it:

{by_blocks}
### SIMT units

{simt_designs} designs of {technology}, from the sequence of SIMT units; `hawx predictors evaluate
--architecture simt` prints this, `--hold-out blocks` the second table.

{simt_by_designs}
Designs with a block that is in no training design:

{simt_by_blocks}
The highest clock is the least certain: without `block_register` the longest path is mostly that
through a block and the adder behind it, and it depends on which bits of the product come last, not
only on how long the block takes.

sMAPE is the mean of 200 |p - t| / (|p| + |t|) of predicted p and measured t; R2 is the coefficient
of determination; tau is Kendall's rank correlation, 1 where all pairs of designs are in the right
order; the last column is the median
interval's width as a share of the prediction.

## Limits

The predictors were trained on one network (LeNet-5 on digits and MNIST), on arrays of 4 to 20 rows
and columns and on units of 2 to 64 lanes and 1 to 4 warps, with gated clocks; a design whose clocks
are not gated (`gated`), or with `debug`, is reported as outside the range. The measured values are
those of this project's synthesis and power analysis, without wires or a clock tree. How much the
activations of another network or data set toggle is not a feature. With `block_implementation:
least_energy` an accelerator holds what takes least under the operands of its layers, and the
prediction is that of what takes least under uniform ones.

## Features of systolic designs

{features}
## Features of SIMT units

{simt_features}
---

Written by `python -m docs.generate prediction.md`.
"""


def document(folder: Path) -> str:
    """The page; the plot goes into ``folder``."""
    # Not forked: scikit-learn's threads do not survive that.
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        systolic = _evaluated(ARCHITECTURES["systolic"], pool)
        simt = _evaluated(ARCHITECTURES["simt"], pool)
    parity(systolic.errors["designs"], folder / "prediction.svg")
    return _PAGE.format(
        technology=_TECHNOLOGY,
        designs=systolic.designs,
        by_designs=_scores(systolic.errors["designs"]),
        by_blocks=_scores(systolic.errors["blocks"]),
        simt_designs=simt.designs,
        simt_by_designs=_scores(simt.errors["designs"]),
        simt_by_blocks=_scores(simt.errors["blocks"]),
        features=_features(ARCHITECTURES["systolic"]),
        simt_features=_features(ARCHITECTURES["simt"]),
    )


@dataclass(frozen=True)
class _Evaluated:
    """How many designs an architecture's predictors have, and the errors by what is held out."""

    designs: int
    errors: Mapping[str, Mapping[str, HeldOut]]


def _evaluated(architecture: Architecture, pool: Executor) -> _Evaluated:
    designs = load_table(architecture, _TECHNOLOGY)
    kinds = get_args(HELD_OUT)
    errors = pool.map(evaluate, [designs] * len(kinds), kinds)
    return _Evaluated(len(designs), dict(zip(kinds, errors, strict=True)))


def _features(architecture: Architecture) -> str:
    rows = [[f"`{name}`", meaning] for name, meaning in architecture.features.items()]
    return table(["feature", "meaning"], rows)


def _scores(errors: Mapping[str, HeldOut]) -> str:
    rows = []
    for name, text in _METRICS.items():
        s = scores(errors[name])
        rows.append(
            [text, str(s.designs), f"{s.smape:.2f}", f"{s.worst:.1f}", f"{s.r2:.4f}",
             f"{s.tau:.3f}", f"{s.coverage:.0f} %", f"{s.width:.1f} %"]
        )  # fmt: skip
    heading = ["", "predictions", "sMAPE %", "worst %", "R2", "tau", "in the interval", "width"]
    return table(heading, rows)
