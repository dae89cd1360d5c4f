"""How well hawx(model) ranks assignments, against what else is in use, and predicts accuracy.

    python benchmarks/scores.py [--networks digits mnist resnet20] [--resnet20 FILE]
        [--settings plain corrected compensated] [--assignments 300] [--folder F] [--threads 1]
        [--test-images N] [--probes 32]

For each network random assignments are run on the test images: every second one by layer, the
others by filter. Each draws some of the blocks and the share of units that get one of them, so that
the drops spread from none to large. ``plain``: the signed blocks of EvoApproxLib, weights and
biases as they are; ``corrected``: coarser blocks, each filter's mean error folded into its bias;
``compensated``: blocks coarser still, weights remapped too; both fitted to what the exact network
makes of the profile's images, as in a search. Printed is Spearman's rank correlation
with the loss and with the drop of accuracy, both on test images; the profile knows training images
alone, and so do the rows ``probed``, which run a few of its images under each assignment, and the
row ``run on training images``, the real loss of 256 of them. The last rows tell how much of a
ranking is chance of the images: how well one half of them ranks for the other, and what follows for
a perfect score (the root of the reliability of all images, by Spearman and Brown).
What is run is kept in the folder (build/scores); an interrupted benchmark goes on.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np
import resnet20
import torch
from scipy.stats import spearmanr
from score_baselines import baselines
from score_truth import Truth, run_truth

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.datasets import Dataset, load
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.graph.graph import Graph
from hawx_hw.networks import load as load_network
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from hawx_hw.scores.measure import measure
from hawx_hw.scores.predictor import (
    AccuracyPredictor,
    changed_classes,
    expected_changes,
    informative,
)
from hawx_hw.scores.probe import Probe
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.sampling import random_choices
from hawx_hw.scores.scores import VARIANTS, growth, model_scores
from hawx_hw.util.tables import print_table

NETWORKS = {"digits": 1024, "mnist": 2048, "resnet20": 512}  # and images of the profile
SETTINGS = ("plain", "corrected", "compensated")
EVOAPPROX = (
    *("exact", "array(0,0,4)", "array(1,0,0)", "array(1,0,4)", "array(1,1,0)"),
    *("array(2,0,5)", "array(3,0,0)", "array(2,2,0)", "array(3,3,0)"),
)
MEDIUM = (
    *("exact", "array(2,0,5)", "array(3,0,0)", "array(2,2,0)", "array(3,3,0)"),
    *("array(4,3,0)", "array(4,4,0)", "roup(p=2,r=4)", "drum(k=3)"),
)
COARSE = {
    "lenet5": (
        *("exact", "array(3,3,0)", "array(4,4,0)", "array(5,4,0)", "array(5,5,0)"),
        *("precision(w=3,a=5)", "precision(w=2,a=4)", "roup(p=3,r=4)", "drum(k=2)"),
    ),
    "resnet20": (
        *("exact", "array(2,2,0)", "array(3,3,0)", "array(4,3,0)", "array(4,4,0)"),
        *("precision(w=3,a=5)", "precision(w=3,a=3)", "roup(p=2,r=4)", "drum(k=3)"),
    ),
}
_CALIBRATION = 512
#: Training images that assignments are run on too.
_SEEN = 256
_EVALUATIONS = 12
#: Assignments that are probed at a time.
_TOGETHER = 50


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["digits", "mnist"])
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=["plain"])
    parser.add_argument("--resnet20", type=Path, help="the checkpoint")
    parser.add_argument("--assignments", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path("build/scores"))
    parser.add_argument("--test-images", type=int, help="left out: all")
    parser.add_argument("--probes", type=int, default=32, help="images run under each assignment")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in arguments.networks:
        if name == "resnet20" and arguments.resnet20 is None:
            parser.error("resnet20 needs its checkpoint: --resnet20 FILE")
        graph, dataset = _network(name, arguments.resnet20)
        for setting in arguments.settings:
            _compare(name, setting, graph, dataset, arguments)


def _network(name: str, checkpoint: Path) -> tuple[Graph, Dataset]:
    dataset = load("cifar10" if name == "resnet20" else name)
    resnet = name == "resnet20"
    network = resnet20.load(checkpoint) if resnet else load_network("lenet5", dataset, None)
    pixels = evenly_spaced(dataset.train, _CALIBRATION).images
    return quantize(network, pixels, name=name), dataset


def _compare(
    network: str, setting: str, graph: Graph, dataset: Dataset, arguments: argparse.Namespace
) -> None:
    family = "resnet20" if network == "resnet20" else "lenet5"
    names = {"plain": EVOAPPROX, "corrected": MEDIUM, "compensated": COARSE[family]}[setting]
    blocks = [by_name(name) for name in names]
    switches = {
        "bias_correction": setting != "plain",
        "weight_remapping": setting == "compensated",
    }
    seen = evenly_spaced(dataset.train, NETWORKS[network])
    start = time.process_time()
    profile = measure(
        graph, blocks, codes(seen.images), seen.labels, threads=arguments.threads, **switches
    )
    seconds = time.process_time() - start
    choices = random_choices(profile, arguments.assignments)
    test = evenly_spaced(dataset.test, arguments.test_images or len(dataset.test))
    change = None
    if setting != "plain":
        space = Space.by_filter(graph, blocks)
        change = Compensated(graph, space, codes(seen.images), **switches)
    truth = run_truth(
        graph,
        profile,
        choices,
        blocks,
        test,
        evenly_spaced(dataset.train, _SEEN),
        change,
        codes(seen.images),
        arguments.folder / f"{network}_{setting}.npz",
        arguments.threads,
    )
    scores = {variant: model_scores(profile, choices, variant) for variant in VARIANTS}
    scores["expected changes"] = expected_changes(profile, choices)
    start = time.process_time()
    probe = Probe(
        graph,
        profile,
        blocks,
        codes(seen.images),
        count=arguments.probes,
        change=change,
        threads=arguments.threads,
    )
    scores |= _probed(probe, profile, choices)
    probing = (time.process_time() - start) / len(choices)
    scores["run on training images"] = truth.seen_losses
    scores |= baselines(graph, profile, choices, blocks, seen, arguments.threads)
    print(
        f"\n{network}, {setting}: {len(choices)} assignments, {len(test)} test images, "
        f"exact {100 * truth.exact_accuracy:.2f} %; profile of {len(blocks)} blocks on {len(seen)} "
        f"images in {seconds:.1f} s of a processor, a probe {1000 * probing:.0f} ms; "
        f"one evaluation {truth.seconds:.2f} s",
        flush=True,
    )
    drops = 100 * (truth.exact_accuracy - truth.accuracies)
    quantiles = np.quantile(drops, (0, 0.25, 0.5, 0.75, 1))
    print("points lost, quartiles: " + ", ".join(f"{q:.2f}" for q in quantiles))
    rows = [
        [score, *(f"{spearmanr(values, of).statistic:.3f}" for of in (truth.losses, drops))]
        for score, values in scores.items()
    ]
    halves = [spearmanr(*halves).statistic for halves in (truth.half_losses, truth.half_accuracies)]
    whole = [np.sqrt(2 * half / (1 + half)) for half in halves]
    rows.append(["one half of the test images for the other", *(f"{h:.3f}" for h in halves)])
    rows.append(["so at most, by chance of the images", *(f"{w:.3f}" for w in whole)])
    print_table(("score", "rho, loss", "rho, points lost"), rows, numbers=True)
    for score in ("expected changes", "probed: expected changes"):
        _predict(truth, score, scores[score])


def _probed(probe: Probe, profile: Profile, choices: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of probed logits, each assignment run once."""
    found = []
    for start in range(0, len(choices), _TOGETHER):
        logits = probe.logits(choices[start : start + _TOGETHER])
        rows = [growth(profile, logits, variant) for variant in ("logits", "tempered")]
        found.append([*rows, changed_classes(profile, logits)])
    names = ("probed: logits", "probed: tempered", "probed: expected changes")
    return dict(zip(names, np.concatenate(found, axis=1), strict=True))


def _predict(truth: Truth, name: str, scores: np.ndarray) -> None:
    """Accuracy of the held-out assignments from a handful that were run."""
    chosen = informative(scores, _EVALUATIONS)
    predictor = AccuracyPredictor(truth.exact_accuracy, scores[chosen], truth.accuracies[chosen])
    found, _ = predictor.predict(scores)
    low, high = predictor.interval(scores)
    held = ~np.isin(np.arange(len(scores)), chosen)
    held &= truth.exact_accuracy - truth.accuracies <= 0.05
    errors = np.abs(found - truth.accuracies)[held]
    covered = ((low <= truth.accuracies) & (truth.accuracies <= high))[held].mean()
    print(
        f"accuracy from {name} and {_EVALUATIONS} evaluations, {held.sum()} others within 5 points "
        f"of exact: mean absolute error {100 * errors.mean():.2f} points, largest "
        f"{100 * errors.max():.2f}; "
        f"{100 * covered:.0f} % within two standard deviations",
        flush=True,
    )


if __name__ == "__main__":
    main()
