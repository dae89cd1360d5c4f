"""What retraining under its blocks brings back of a network's accuracy.

    python benchmarks/retraining.py {resnet8,resnet20} [--checkpoint FILE] [--designs NAME ...]
        [--gradients straight gain table] [--distillation | --no-distillation] [--epochs N]
        [--seeds 0 1 2] [--rate R] [--folder F] [--stored]

A design is ``exact``, a block in all searched layers, or a mixture with the best score for a saving
of energy, such as ``precision:layers:0.88``. Each is compensated, weights of a filter together,
and retrained from there, all alike. It learns from the 40,000 images of CIFAR-10 that the network
was trained on, mirrored and shifted. Of the 10,000 training images that no training has seen, half
select (rates and gradients were compared on them), and half report, with the first test images.
Drops are against the exact eight-bit network that was not retrained, in percentage points; beside
the mean over seeds stands the largest, and the bound is the one-sided 95 % bound of the drop of
the first seed on images that report.

Energy is that of the multiplications in generic45, as in ``resnet20_search.py``. Outcomes are
stored in the folder (build/retraining); an interrupted training goes on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np
import torch
from retraining_runs import PARTS, Design, Network, Runs

from hawx_hw.retraining.train import Retraining
from hawx_hw.search.bound import Paired, upper_drop
from hawx_hw.util.tables import print_table

_DESIGNS = ("exact", "precision(w=4,a=4)", "precision(w=3,a=4)", "precision:filters:0.88")
_ERROR = 0.05


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=("resnet8", "resnet20"))
    parser.add_argument("--checkpoint", type=Path, help="left out: that of the package")
    parser.add_argument("--designs", nargs="+", default=_DESIGNS)
    parser.add_argument("--gradients", nargs="+", default=["straight"])
    parser.add_argument("--distillation", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--rate", type=float, default=Retraining(1).learning_rate)
    parser.add_argument("--folder", type=Path, default=Path("build/retraining"))
    parser.add_argument("--stored", action="store_true", help="train nothing new")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network = Network(arguments.network, arguments.checkpoint, arguments.folder, arguments.threads)
    runs = Runs(network, arguments.folder, arguments.threads, stored=arguments.stored)
    exact = runs.accuracy()
    if exact is None:
        raise SystemExit("Nothing is stored")
    for part in PARTS:
        print(f"exact: {exact[part]:.2f} % of {len(network.parts[part]):,} images to {part}")
    lines = []
    for name in arguments.designs:
        design = network.design(name)
        print(f"{name}: {design.mix}")
        lines.append(_line(design, "none", [runs.paired(design, None)]))
        for gradient in arguments.gradients:
            outcomes = [
                runs.paired(
                    design,
                    Retraining(
                        arguments.epochs,
                        gradient,
                        arguments.distillation,
                        seed,
                        learning_rate=arguments.rate,
                        augmentation=network.augmentation,
                    ),
                )
                for seed in arguments.seeds
            ]
            lines.append(_line(design, gradient, outcomes))
    heading = ("design", "saved", "retrained", "seeds", "select", "largest", "report", "largest")
    print_table((*heading, "bound"), [line for line in lines if line], numbers=True)


def _line(
    design: Design, gradient: str, outcomes: list[dict[str, Paired] | None]
) -> tuple[str, ...] | None:
    """A row; None where nothing has run."""
    some = [outcome for outcome in outcomes if outcome is not None]
    if not some:
        return None
    select = [outcome["select"].drop for outcome in some]
    report = [_merged(outcome["report"], outcome["test"]) for outcome in some]
    bound = upper_drop(report[0], _ERROR)
    return (
        design.name,
        f"{100 * design.saved:.1f} %",
        gradient,
        str(len(some)),
        *(f"{value:.2f}" for value in _mean_and_largest(select)),
        *(f"{value:.2f}" for value in _mean_and_largest([each.drop for each in report])),
        f"{bound:.2f}",
    )


def _merged(*parts: Paired) -> Paired:
    """The outcomes of all images of some parts."""
    counts = ((part.images, part.lost, part.gained) for part in parts)
    return Paired(*map(sum, zip(*counts, strict=True)))


def _mean_and_largest(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), max(values)


if __name__ == "__main__":
    main()
