"""Networks, assignments and stored outcomes of ``retraining.py``."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from ground_truth.quadratic import quadratic_scores
from ground_truth.stored_profile import stored_profile
from ground_truth.sweep import sweep
from resnet20_alphabets import energies_of

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation.layerwise import compensate
from hawx_hw.datasets import load
from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.roles import roles
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.graph.storage import graph_digest
from hawx_hw.networks import load as load_network
from hawx_hw.networks.augmentation import Augmentation
from hawx_hw.networks.files import default_checkpoint
from hawx_hw.networks.recipes import recipe
from hawx_hw.networks.records import recorded
from hawx_hw.quantize.calibration import quantize
from hawx_hw.retraining.train import Retraining, retrain
from hawx_hw.search.bound import Paired
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.util.files import write_bytes

__all__ = ["ALPHABETS", "PARTS", "Design", "Network", "Runs"]

#: Blocks that mixtures are made of; the exact one is always among them.
ALPHABETS: Mapping[str, tuple[str, ...]] = {
    "precision": tuple(
        f"precision(w={w},a={a})"
        for w, a in (
            *((6, 6), (5, 6), (5, 5), (4, 6), (4, 5), (5, 4)),
            *((4, 4), (3, 5), (3, 4), (4, 3), (3, 3), (2, 4)),
        )
    ),
    # Few bits of the weight, many of the activation.
    "wide": tuple(f"precision(w={w},a={a})" for w, a in ((4, 7), (3, 7), (3, 6), (2, 6), (2, 5))),
    "blocks": (
        *("array(0,4,9)", "array(2,2,7)", "array(3,3,7)", "roup(p=1,r=4)", "roup(p=2,r=4)"),
        *("roup(p=2,r=5)", "roup(p=3,r=4)", "roup(p=3,r=5)", "drum(k=3)", "drum(k=4)"),
    ),
}
#: Images by what they do here; learning has its own.
PARTS = ("select", "report", "test")
_CALIBRATION, _PROFILE, _COMPENSATION = 512, 128, 512


@dataclass(frozen=True, eq=False)
class Design:
    """An assignment.

    Parameters
    ----------
    name : str
    assignment : Assignment
    saved : float
        Share of the energy of the exact network's multiplications.
    mix : str
        Shares of the blocks in the searched multiplications.
    """

    name: str
    assignment: Assignment
    saved: float
    mix: str


class Network:
    """A quantized network of the zoo with its images, and designs for it.

    Searched are the convolutions larger than 1 x 1; the shortcuts and the last layer are exact.

    Parameters
    ----------
    model : str
        Of the zoo, on CIFAR-10.
    checkpoint : Path or None
        None: the one that comes with the package.
    folder : Path
        Profiles are stored there.
    threads : int
    """

    def __init__(self, model: str, checkpoint: Path | None, folder: Path, threads: int):
        dataset = load("cifar10")
        images = roles(dataset)
        self.name, self.learn = model, images.learn
        held_out = np.arange(len(images.select))
        # Halves of the images that no training has seen: one may decide, the other reports.
        self.parts: dict[str, Split] = {
            "select": images.select.take(held_out[0::2]),
            "report": images.select.take(held_out[1::2]),
            "test": images.test,
        }
        path = checkpoint or default_checkpoint(model, dataset.name)
        known = None if path is None else recorded(path)
        self.graph: Graph = quantize(
            load_network(model, dataset, path),
            images.proposing(_CALIBRATION).images,
            name=model,
            preprocessing=known and known.preprocessing,
        )
        self.layers = [
            node.name
            for node in self.graph.nodes
            if isinstance(node, Conv2d) and node.weight.shape[2] > 1
        ]
        self.compensating = self.graph.codes(images.proposing(_COMPENSATION).images)
        self.augmentation: Augmentation = recipe(
            model, len(images.learn), dataset.shape[0], seed=0
        ).augmentation
        self._seen = images.proposing(_PROFILE)
        self._folder, self._threads = folder, threads

    def design(self, text: str) -> Design:
        """``exact``, a block's name, or a mixture ``ALPHABET:LEVEL:SAVED`` with the best score.

        ``precision:filters:0.85`` saves 85 % with blocks of lower precision by filter.
        """
        alphabet, _, rest = text.partition(":")
        if not rest:
            if text == "exact":
                return Design(text, {}, 0.0, "exact 100%")
            space = Space.by_layer(self.graph, [by_name("exact"), by_name(text)], self.layers)
            return self._design(text, space, space.uniform(1))
        level, _, share = rest.partition(":")
        names = dict.fromkeys(name for part in alphabet.split("+") for name in ALPHABETS[part])
        blocks = [by_name(name) for name in ("exact", *names)]
        make = {"layers": Space.by_layer, "filters": Space.by_filter}[level]
        space = make(self.graph, blocks, self.layers)
        groups, kinds = None, None
        if level == "filters":
            # Filters of a layer read activations of the same bits, which the layer before rounds.
            units = [np.unique(space.unit(layer)) for layer in self.layers]
            groups = np.repeat(np.arange(len(units)), [len(each) for each in units])
            kinds = np.unique([block.activation_step for block in blocks], return_inverse=True)[1]
        cost = self._cost(space)
        exact = self._energy(cost, space.uniform(0))
        rest_pj = exact - float(cost.table[np.arange(space.units), 0].sum())
        profile = stored_profile(
            self.graph, blocks, self._seen, self._folder, weights="together", threads=self._threads
        )
        scores = quadratic_scores(profile, space)
        limit = np.array([(1 - float(share)) * exact - rest_pj])
        (vector,) = sweep(scores, cost.table, limit, groups=groups, kinds=kinds)
        return self._design(text, space, vector)

    def _design(self, name: str, space: Space, vector: np.ndarray) -> Design:
        cost = self._cost(space)
        saved = 1 - self._energy(cost, vector) / self._energy(cost, space.uniform(0))
        counts = np.bincount(vector, weights=space.macs, minlength=len(space.blocks))
        shares = {
            block.name: count / counts.sum()
            for block, count in zip(space.blocks, counts, strict=True)
            if count
        }
        ordered = sorted(shares.items(), key=lambda pair: -pair[1])
        mix = ", ".join(f"{block} {share:.0%}" for block, share in ordered)
        return Design(name, space.assignment(vector), saved, mix)

    def _cost(self, space: Space) -> MultiplierEnergy:
        values = energies_of(space.blocks, "generic45")
        rest = self.graph.macs - int(space.macs.sum())
        return MultiplierEnergy(space, values, rest=rest, rest_fj=values[0])

    @staticmethod
    def _energy(cost: MultiplierEnergy, vector: np.ndarray) -> float:
        return float(cost(vector[None])[cost.objective][0])


class Runs:
    """Which images are right under designs, before and after retraining; stored.

    Parameters
    ----------
    network : Network
    folder : Path
        Outcomes, and states of interrupted trainings.
    threads : int
    stored : bool
        Run nothing new.
    """

    def __init__(self, network: Network, folder: Path, threads: int, *, stored: bool = False):
        self._network, self._folder = network, folder
        self._threads, self._stored = threads, stored

    def paired(self, design: Design, settings: Retraining | None) -> dict[str, Paired] | None:
        """By part, against the exact network without retraining; None where it has not run."""
        before = self._right("exact", {}, None)
        after = self._right(design.name, design.assignment, settings)
        if before is None or after is None:
            return None
        return {part: _paired(before[part], after[part]) for part in PARTS}

    def accuracy(self) -> dict[str, float] | None:
        """The exact network's, in percent, by part."""
        right = self._right("exact", {}, None)
        return right and {part: 100 * float(right[part].mean()) for part in PARTS}

    def _right(
        self, name: str, assignment: Assignment, settings: Retraining | None
    ) -> dict[str, np.ndarray] | None:
        key = _key(self._network, assignment, settings)
        path = self._folder / f"{key}.npz"
        if path.is_file():
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                return {part: file[part] for part in PARTS}
        if self._stored:
            return None
        graph = self._compensated(assignment)
        start = time.process_time()
        if settings is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            graph = retrain(
                graph,
                assignment,
                self._network.graph,
                self._network.learn,
                settings,
                threads=self._threads,
                partial=self._folder / f"{key}.partial",
                progress=_epochs(name, settings),
            )
        seconds = time.process_time() - start
        emulator = Emulator(graph, threads=self._threads, memory=0)
        right = {
            part: emulator.correct([assignment], split.images, split.labels)[0]
            for part, split in self._network.parts.items()
        }
        content = io.BytesIO()
        np.savez(content, seconds=np.array(seconds), **right)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content.getvalue())
        (self._folder / f"{key}.partial").unlink(missing_ok=True)
        return right

    def _compensated(self, assignment: Assignment) -> Graph:
        graph = self._network.graph
        if not assignment:
            return graph
        return compensate(graph, assignment, self._network.compensating, weights="together")[0]


def _paired(before: np.ndarray, after: np.ndarray) -> Paired:
    return Paired(len(before), int((before & ~after).sum()), int((~before & after).sum()))


def _epochs(name: str, settings: Retraining) -> Callable[[int, int], None]:
    """Progress: a line an epoch."""
    start = time.perf_counter()

    def progress(done: int, total: int) -> None:
        if done % (total // settings.epochs) == 0:
            epoch = done * settings.epochs // total
            seconds = time.perf_counter() - start
            print(
                f"  {name}, {settings.gradient}, seed {settings.seed}: epoch {epoch} of "
                f"{settings.epochs}, {seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )

    return progress


def _key(network: Network, assignment: Assignment, settings: Retraining | None) -> str:
    digest = hashlib.sha256(graph_digest(network.graph).encode())
    digest.update(np.ascontiguousarray(network.compensating).data)
    for split in (network.learn, *network.parts.values()):
        digest.update(split.digest.encode())
    for name, layer in sorted(assignment.items()):
        digest.update(f"{name}:{','.join(block.digest for block in layer.blocks)}|".encode())
        digest.update(np.ascontiguousarray(layer.choice).data)
    digest.update(json.dumps(settings and asdict(settings), sort_keys=True).encode())
    return digest.hexdigest()[:32]
