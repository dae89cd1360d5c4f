"""How well hawx(model) ranks assignments, compared with other scores, and predicts accuracy.

    python benchmarks/scores.py [--networks digits mnist resnet20] [--resnet20 FILE]
        [--settings plain corrected compensated] [--assignments 300] [--folder F] [--threads 1]
        [--test-images N] [--probes 32]

For each network random assignments are evaluated on the test images: every second one by layer, the
others by filter. Each draws some of the blocks and the share of units that have one of them, so
that the accuracy drops spread from none to large. ``plain``: the signed blocks of EvoApproxLib,
uncompensated; ``corrected``: coarser blocks, each filter's mean error folded into its bias;
``compensated``: still coarser blocks, weights remapped too; both for the exact network's
activations on the profile's images, as in a search. Training images are those that the network
learned from; those that select designs have no part here. Printed is Spearman's rank correlation
with the loss and with the accuracy drop, both on test images; the profile uses training images
only, and so do the lines ``probed``, which evaluate a few of its images with each assignment, and
the line ``evaluation on training images``, the actual loss of 256 of them. The last lines show how
much of a ranking is randomness of the images: how well one half of them ranks for the other, and
the resulting limit of a perfect score (the root of the reliability of all images, by Spearman and
Brown). Evaluations are stored in the folder (build/scores); an interrupted benchmark continues.
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
from score_evaluations import Evaluations, evaluate_all

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.datasets import Split, load
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.datasets.roles import roles
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
#: Training images on which assignments are evaluated too.
_SEEN = 256
_EVALUATIONS = 12
#: Assignments that are probed together.
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
    parser.add_argument(
        "--probes", type=int, default=32, help="images evaluated with each assignment"
    )
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in arguments.networks:
        if name == "resnet20" and arguments.resnet20 is None:
            parser.error("resnet20 needs its checkpoint: --resnet20 FILE")
        graph, learned, test = _network(name, arguments.resnet20)
        for setting in arguments.settings:
            _compare(name, setting, graph, learned, test, arguments)


def _network(name: str, checkpoint: Path) -> tuple[Graph, Split, Split]:
    """The quantized network, the images that it learned from, and those that test it."""
    dataset = load("cifar10" if name == "resnet20" else name)
    if name == "resnet20":  # whose checkpoint learned from all training images
        network, learned = resnet20.load(checkpoint), dataset.train
    else:
        network, learned = load_network("lenet5", dataset, None), roles(dataset).learn
    pixels = evenly_spaced(learned, _CALIBRATION).images
    return quantize(network, pixels, name=name), learned, dataset.test


def _compare(
    network: str,
    setting: str,
    graph: Graph,
    learned: Split,
    tested: Split,
    arguments: argparse.Namespace,
) -> None:
    family = "resnet20" if network == "resnet20" else "lenet5"
    names = {"plain": EVOAPPROX, "corrected": MEDIUM, "compensated": COARSE[family]}[setting]
    blocks = [by_name(name) for name in names]
    switches = {
        "bias_correction": setting != "plain",
        "weights": "one_by_one" if setting == "compensated" else "none",
    }
    seen = evenly_spaced(learned, NETWORKS[network])
    start = time.process_time()
    profile = measure(
        graph, blocks, codes(seen.images), seen.labels, threads=arguments.threads, **switches
    )
    seconds = time.process_time() - start
    choices = random_choices(profile, arguments.assignments)
    test = evenly_spaced(tested, arguments.test_images or len(tested))
    change = None
    if setting != "plain":
        space = Space.by_filter(graph, blocks)
        change = Compensated(graph, space, codes(seen.images), **switches)
    evaluated = evaluate_all(
        graph,
        profile,
        choices,
        blocks,
        test,
        evenly_spaced(learned, _SEEN),
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
    scores["evaluation on training images"] = evaluated.seen_losses
    scores |= baselines(graph, profile, choices, blocks, seen, arguments.threads)
    print(
        f"\n{network}, {setting}: {len(choices)} assignments, {len(test)} test images, "
        f"exact {100 * evaluated.exact_accuracy:.2f} %; profile of {len(blocks)} blocks on "
        f"{len(seen)} images in {seconds:.1f} s of processor time, "
        f"a probe {1000 * probing:.0f} ms; "
        f"one evaluation {evaluated.seconds:.2f} s",
        flush=True,
    )
    drops = 100 * (evaluated.exact_accuracy - evaluated.accuracies)
    quantiles = np.quantile(drops, (0, 0.25, 0.5, 0.75, 1))
    print(
        "accuracy drop in percentage points, quartiles: " + ", ".join(f"{q:.2f}" for q in quantiles)
    )
    rows = [
        [score, *(f"{spearmanr(values, of).statistic:.3f}" for of in (evaluated.losses, drops))]
        for score, values in scores.items()
    ]
    halves = [
        spearmanr(*halves).statistic
        for halves in (evaluated.half_losses, evaluated.half_accuracies)
    ]
    whole = [np.sqrt(2 * half / (1 + half)) for half in halves]
    rows.append(
        ["one half of the test images as a score of the other", *(f"{h:.3f}" for h in halves)]
    )
    rows.append(["upper limit, by the randomness of the images", *(f"{w:.3f}" for w in whole)])
    print_table(("score", "rho, loss", "rho, accuracy drop"), rows, numbers=True)
    for score in ("expected changes", "probed: expected changes"):
        _predict(evaluated, score, scores[score])


def _probed(probe: Probe, profile: Profile, choices: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of probed logits, each assignment evaluated once."""
    parts = []
    for start in range(0, len(choices), _TOGETHER):
        logits = probe.logits(choices[start : start + _TOGETHER])
        rows = [growth(profile, logits, variant) for variant in ("logits", "tempered")]
        parts.append([*rows, changed_classes(profile, logits)])
    names = ("probed: logits", "probed: tempered", "probed: expected changes")
    return dict(zip(names, np.concatenate(parts, axis=1), strict=True))


def _predict(evaluated: Evaluations, name: str, scores: np.ndarray) -> None:
    """Predict the accuracy of held-out assignments from a few evaluations."""
    chosen = informative(scores, _EVALUATIONS)
    predictor = AccuracyPredictor(
        evaluated.exact_accuracy, scores[chosen], evaluated.accuracies[chosen]
    )
    predicted, _ = predictor.predict(scores)
    low, high = predictor.interval(scores)
    others = ~np.isin(np.arange(len(scores)), chosen)
    others &= evaluated.exact_accuracy - evaluated.accuracies <= 0.05
    errors = np.abs(predicted - evaluated.accuracies)[others]
    covered = ((low <= evaluated.accuracies) & (evaluated.accuracies <= high))[others].mean()
    print(
        f"accuracy from {name} and {_EVALUATIONS} evaluations, {others.sum()} others with a drop "
        f"of up to 5 percentage points: mean absolute error {100 * errors.mean():.2f}, largest "
        f"{100 * errors.max():.2f}; "
        f"{100 * covered:.0f} % within two standard deviations",
        flush=True,
    )


if __name__ == "__main__":
    main()
