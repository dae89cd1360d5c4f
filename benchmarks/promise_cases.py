"""The networks, searches and stored results of ``promise.py``.

A search is made once for a seed and stored; so is which image is right under which design, a bit
each, for all images that may select or show what designs really lose. To divide these images anew
then costs nothing but the choice.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import resnet20
from rich.console import Console

from hawx_hw import datasets
from hawx_hw.assignment.space import Space
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import distinct_blocks
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.config.compensation import WeightChoice
from hawx_hw.config.models import Config
from hawx_hw.datasets.dataset import Split, evenly_spaced
from hawx_hw.datasets.roles import Roles, roles
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.pixels import codes
from hawx_hw.networks import load
from hawx_hw.quantize.calibration import quantize
from hawx_hw.scores.profiling import profile_network
from hawx_hw.search.bound import Paired
from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.search.race import race
from hawx_hw.search.result import SearchResult, load_result, save_result
from hawx_hw.search.run import SearchRun
from hawx_hw.search.tuning import SearchTuning
from hawx_hw.util.code import code_hash
from hawx_hw.util.files import write_bytes
from hawx_hw.util.progress import ProgressDisplay

__all__ = [
    "LENET5",
    "RESNET20",
    "WEIGHTS",
    "Case",
    "Division",
    "Outcomes",
    "Searched",
    "case",
    "halves",
    "search",
]

LENET5 = ("digits", "mnist")
RESNET20 = ("resnet20", "resnet20-validation")
#: How weights are chosen, the default of configs first.
WEIGHTS: tuple[WeightChoice, ...] = ("together", "one_by_one", "none")
#: What the seeds of a ResNet-20 draw from: the training images that select, and how many do.
_SEEN, _SEEN_SELECT = 1500, 1000
_RESNET20_BLOCKS = (
    *("precision(w=6,a=6)", "precision(w=5,a=6)", "precision(w=5,a=5)", "precision(w=4,a=5)"),
    "roup(p=1,r=3)",
)
#: The modules that a search's result depends on; the choice of a design is not among them.
_CODE = (
    *("hawx_hw.search.design_search", "hawx_hw.search.assignment_search"),
    *("hawx_hw.search.oracle", "hawx_hw.compensation.per_filter", "hawx_hw.scores.profiling"),
)


@dataclass(frozen=True, eq=False)
class Division:
    """Which images of a pool select, and which show what designs really lose.

    Parameters
    ----------
    select, judge : ndarray of int64
        Indices; none is in both.
    """

    select: np.ndarray
    judge: np.ndarray


@dataclass(frozen=True, eq=False)
class Case:
    """A network, and the images of its runs.

    Parameters
    ----------
    name : str
    config : Config
        Its ``search`` counts, and its ``network.calibration_images``.
    graph : Graph
    learn : Split
        Images that the network learned from and that a search may see.
    pool : Split
        Images that no search saw.
    unseen : ndarray of int64
        Which images of the pool the network did not learn from: all that can judge a design.
    divide : callable
        The division of a random generator.
    note : str
        What the images are.
    """

    name: str
    config: Config
    graph: Graph
    learn: Split
    pool: Split
    unseen: np.ndarray
    divide: Callable[[np.random.Generator], Division]
    note: str


@dataclass(frozen=True, eq=False)
class Searched:
    """A search that no image has judged.

    Parameters
    ----------
    before, raced : SearchResult
        As the search leaves it, and after its race.
    outcomes : Outcomes
        Of its designs.
    """

    before: SearchResult
    raced: SearchResult
    outcomes: Outcomes


class Outcomes:
    """Which images of a pool are right under designs: computed once, and stored.

    Parameters
    ----------
    space : Space
    graph : Graph
    change : callable
        Gives the graph that a vector runs on.
    pool : Split
    folder : Path
    """

    def __init__(
        self,
        space: Space,
        graph: Graph,
        change: Callable[[np.ndarray], Graph],
        pool: Split,
        folder: Path,
    ):
        self._space, self._change, self._pool = space, change, pool
        self._emulator = Emulator(graph)
        # The key of the oracle depends on all networks, and what is added on the images.
        one = EmulatedOracle(space, graph, pool.images[:1], pool.labels[:1], change=change)
        self.key = hashlib.sha256(f"{one.key} {pool.digest}".encode()).hexdigest()
        self._path = folder / f"outcomes-{self.key[:24]}.npz"
        self._right: dict[bytes, np.ndarray] = {}
        if self._path.is_file():
            with np.load(io.BytesIO(self._path.read_bytes()), allow_pickle=False) as file:
                for vector, bits in zip(file["vectors"], file["right"], strict=True):
                    self._right[vector.tobytes()] = bits
        self.exact = self(space.uniform(0)[None])[0]

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Which images are right under each of the vectors ``(n, units)``: bool ``(n, images)``."""
        keys = [vector.astype(np.uint8).tobytes() for vector in np.asarray(vectors)]
        new = [key for key in dict.fromkeys(keys) if key not in self._right]
        if new:
            some = [np.frombuffer(key, dtype=np.uint8).astype(np.int64) for key in new]
            right = self._emulator.correct(
                [self._space.assignment(vector) for vector in some],
                codes(self._pool.images),
                self._pool.labels,
                graphs=[self._change(vector) for vector in some],
            )
            self._right.update(zip(new, np.packbits(right, axis=1)))
            self._save()
        images = len(self._pool)
        return np.array(
            [np.unpackbits(self._right[key], count=images) for key in keys], dtype=bool
        ).reshape(-1, images)

    def paired(self, vector: Sequence[int], indices: np.ndarray) -> Paired:
        """On how many of some images a vector differs from the exact network."""
        right, exact = self(np.array([vector]))[0][indices], self.exact[indices]
        lost, gained = (exact & ~right).sum(), (~exact & right).sum()
        return Paired(len(indices), int(lost), int(gained))

    def _save(self) -> None:
        content = io.BytesIO()
        vectors = [np.frombuffer(key, dtype=np.uint8) for key in self._right]
        np.savez(content, vectors=np.array(vectors), right=np.array(list(self._right.values())))
        write_bytes(self._path, content.getvalue())


def case(
    name: str, resnet20_checkpoint: Path | None = None, weights: WeightChoice = WEIGHTS[0]
) -> Case:
    """A case by its name, one of :data:`LENET5` and :data:`RESNET20`."""
    if name in LENET5:
        return _lenet5(name, weights)
    if resnet20_checkpoint is None:
        raise ValueError("ResNet-20 needs its checkpoint")
    return _resnet20(name, resnet20_checkpoint, weights)


def halves(images: np.ndarray, rng: np.random.Generator) -> Division:
    """One half of some images selects, the other shows what designs really lose."""
    order = rng.permutation(images)
    return Division(order[: len(order) // 2], order[len(order) // 2 :])


def search(case: Case, seed: int, folder: Path) -> Searched:
    """A search without images that select, its race, and what its designs give.

    Parameters
    ----------
    case : Case
    seed : int
        Of the images of the search, drawn from those that the network learned from.
    folder : Path
        Where results are stored.
    """
    config, own = case.config, folder / case.name.removesuffix("-validation") / str(seed)
    assert config.search is not None
    own.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(seed).permutation(len(case.learn))
    one = np.arange(1)
    # No image selects, and a single one is tested: the front comes as the search leaves it.
    parts = Roles(case.learn.take(order), case.pool.take(one[:0]), case.pool.take(one))
    blocks = distinct_blocks(("exact", *config.search.blocks))
    space = Space.by_granularity(case.graph, blocks, config.search.granularity)
    count = config.network.calibration_images
    change = Compensated(
        case.graph,
        space,
        codes(parts.proposing(count).images),
        weights=config.compensation.weights,
    )
    outcomes = Outcomes(space, case.graph, change, case.pool, own)

    def raced(result: SearchResult) -> SearchResult:
        def oracle(some: Split) -> EmulatedOracle:
            return EmulatedOracle(space, case.graph, some.images, some.labels, change=change)

        fresh = parts.fresh(config.search.images, count) if config.search else parts.learn
        return race(result, fresh, oracle, SearchTuning())

    key = f"{config.model_dump_json()} {parts.learn.digest} {outcomes.key}"
    before = _stored(
        own, "search", key, _CODE, lambda: _searched(config, case.graph, parts, blocks, own)
    )
    after = _stored(own, "race", key, (*_CODE, "hawx_hw.search.race"), lambda: raced(before))
    return Searched(before, after, outcomes)


def _stored(
    folder: Path, what: str, key: str, code: Sequence[str], make: Callable[[], SearchResult]
) -> SearchResult:
    """A result that is made once for a key and the code of some modules."""
    digest = hashlib.sha256(f"{key} {code_hash(*code)}".encode()).hexdigest()
    path = folder / f"{what}-{digest[:24]}"
    if not path.is_dir():
        result = make()
        path.mkdir()
        save_result(result, path)
    return load_result(path)


def _searched(
    config: Config, graph: Graph, parts: Roles, blocks: Sequence[Block], scratch: Path
) -> SearchResult:
    assert config.search is not None
    profiling = profile_network(
        graph,
        blocks,
        parts.proposing(config.search.images),
        count=config.search.profile_images,
        granularity=config.search.granularity,
        weights=config.compensation.weights,
    )
    progress = ProgressDisplay(Console(quiet=True))
    return SearchRun(config, Path(), graph, parts, profiling, scratch, progress)()


def _lenet5(name: str, weights: WeightChoice) -> Case:
    dataset = datasets.load(name)
    parts = roles(dataset)
    search = {"images": min(1000, len(parts.learn))}
    config = Config.model_validate(
        {
            "name": name,
            "network": {"model": "lenet5", "dataset": name},
            "search": search,
            "compensation": {"weights": weights},
        }
    )
    calibration = parts.proposing(config.network.calibration_images).images
    pool = _joined(parts.select, parts.test)
    images = np.arange(len(pool))
    return Case(
        name,
        config,
        quantize(load("lenet5", dataset), calibration, name=name),
        parts.learn,
        pool,
        images,
        lambda rng: halves(images, rng),
        f"by filter; {len(images) // 2:,} new images select, {-(-len(images) // 2):,} others judge",
    )


def _resnet20(name: str, checkpoint: Path, weights: WeightChoice) -> Case:
    dataset = datasets.load("cifar10")
    config = Config.model_validate(
        {
            "name": name,
            # The network itself is not one that a config names.
            "network": {"model": "lenet5", "dataset": "cifar10"},
            "search": {
                "blocks": list(_RESNET20_BLOCKS),
                "granularity": "layer",
                "budget": 20,
                "profile_images": 128,
                "objective": "multiplier_energy",
            },
            "compensation": {"weights": weights},
        }
    )
    calibration = evenly_spaced(dataset.train, config.network.calibration_images).images
    parts = roles(dataset)
    seen = evenly_spaced(parts.select, _SEEN)
    pool = _joined(seen, dataset.test)
    trained_on, new = np.arange(len(seen)), np.arange(len(seen), len(pool))
    validated = name.endswith("-validation")
    half = len(new) // 2
    select = f"{half:,} new images select, {len(new) - half:,} others judge"
    if not validated:
        select = f"{_SEEN_SELECT:,} of {_SEEN:,} images that the network learned from select, "
        select += f"{len(new):,} new ones judge"

    def divide(rng: np.random.Generator) -> Division:
        if validated:
            return halves(new, rng)
        return Division(rng.permutation(trained_on)[:_SEEN_SELECT], new)

    network = resnet20.load(checkpoint)
    return Case(
        name,
        config,
        quantize(network, calibration, name="resnet20"),
        parts.learn,
        pool,
        new,
        divide,
        f"by layer; {select}",
    )


def _joined(*parts: Split) -> Split:
    return Split(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
