"""The space of designs of an architecture, and a plan that fills it evenly."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import qmc

from hawx_hw.architectures.registry import ARCHITECTURES, DEFAULT
from hawx_hw.config.search import SEARCHED
from hawx_hw.util.fingerprints import json_hash

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Architecture
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.config.models import Config

__all__ = ["BLOCKS", "SampledDesign", "Space"]

#: Blocks that are drawn from: exact, lower precision, and the families that differ most in kind.
BLOCKS = (
    "exact",
    "precision(w=6,a=6)",
    "precision(w=4,a=8)",
    "precision(w=4,a=4)",
    "array(ha=0,hb=0,v=4)",
    "array(ha=1,hb=1,v=4)",
    "array(ha=2,hb=2,v=7)",
    "drum(k=4)",
    "roup(p=1,r=2)",
    "mitchell(w=4)",
    "compressor(design=1,c=9)",
    "kulkarni(c=3)",
)
_LAYERS = ("conv1", "conv2", "fc1", "fc2", "fc3")
_IMPLEMENTATIONS = ("smallest", "least_energy", "fastest", "first")
_CLOCKS = (50.0, 400.0)
_MODES = ("uniform", "layers", "filters", "multipliers")
# Beside the architecture's own numbers one each for: loading, mode, where the blocks are drawn
# from, three blocks, their order, implementation, data set, clock.
_DIMENSIONS = 10
# One in so many designs holds one block alone, exact and the searched ones in turn: only then
# everything is as narrow as the block permits, and such designs are what searches choose and
# compare.
_ALONE = 4
_EXACT = "exact"


@dataclass(frozen=True)
class SampledDesign:
    """One accelerator for one network.

    Parameters
    ----------
    content : dict
        A config without its name and technology: the keys ``network``, ``accelerator`` and
        ``blocks``, as in YAML.
    """

    content: dict[str, Any]

    @property
    def architecture(self) -> str:
        """Name of its architecture."""
        return str(self.content["accelerator"].get("architecture", DEFAULT))

    @property
    def key(self) -> str:
        """Hash of the content."""
        return json_hash(self.content)

    def config(self, technology: str = "generic45") -> Config:
        """The same as a config.

        Raises
        ------
        pydantic.ValidationError
            The content is none.
        """
        from hawx_hw.config.models import Config

        content = copy.deepcopy(self.content)
        return Config.model_validate({"name": "design", "technology": technology, **content})


class Space:
    """Designs in the order of a space-filling plan.

    The plan is a scrambled Sobol sequence: any first part of it fills the space evenly, so a longer
    sweep continues a shorter one.

    Parameters
    ----------
    seed : int
    datasets : sequence of str
        ``digits``, ``mnist``, or both, on which LeNet-5 is trained.
    blocks : sequence of str
        Names of the blocks to draw from, at least one.
    coarse : sequence of str
        Names of the blocks that searches choose from, at least one: half of the designs draw
        theirs from them.
    architecture : Architecture or None
        None: the usual one.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        datasets: Sequence[str] = ("digits", "mnist"),
        blocks: Sequence[str] = BLOCKS,
        coarse: Sequence[str] = SEARCHED,
        architecture: Architecture | None = None,
    ):
        if not datasets or not set(datasets) <= {"digits", "mnist"}:
            raise ValueError(f"datasets must be digits, mnist or both, not {datasets!r}")
        for name, given in (("blocks", blocks), ("coarse", coarse)):
            if not given:
                raise ValueError(f"{name} must be at least one, not none")
        self._seed = seed
        self._datasets = tuple(datasets)
        self._blocks = tuple(blocks)
        self._coarse = tuple(coarse)
        self._architecture = ARCHITECTURES[DEFAULT] if architecture is None else architecture
        self._dimensions = self._architecture.dimensions + _DIMENSIONS
        self._points = np.empty((0, self._dimensions))

    def __getitem__(self, index: int) -> SampledDesign:
        """The design at a place of the plan, from 0; the plan has no end."""
        if index < 0:
            raise IndexError(f"index must not be negative, not {index!r}")
        if index >= len(self._points):
            power = max(6, int(index + 1).bit_length())
            sampler = qmc.Sobol(self._dimensions, rng=np.random.default_rng(self._seed))
            self._points = sampler.random_base2(power)
        alone = None
        if index % _ALONE == 0:
            turns = (_EXACT, *self._coarse)
            alone = turns[index // _ALONE % len(turns)]
        return self._design(self._points[index].tolist(), alone)

    def _design(self, point: Sequence[float], alone: str | None) -> SampledDesign:
        """The design at a point; ``alone`` is the block that it holds, if it is to hold one."""
        own = self._architecture.dimensions
        accelerator = self._architecture.sample(point[:own])
        take = iter(point[own:])
        parameters = "loaded" if next(take) >= 0.7 else "rom"
        mode = _one_of(_MODES, next(take))
        drawn_from = _one_of((self._blocks, self._coarse), next(take))
        blocks = [_one_of(drawn_from, next(take)) for _ in range(3)]
        if alone is not None:
            mode, blocks = "uniform", [alone] * 3
        order = next(take)
        implementation = _one_of(_IMPLEMENTATIONS, next(take))
        if alone is not None:
            # As configs build it: the range trained on reaches to these.
            implementation = _IMPLEMENTATIONS[0]
        dataset = _one_of(self._datasets, next(take))
        low, high = _CLOCKS
        accelerator = type(accelerator).model_validate(
            {
                **accelerator.model_dump(exclude_unset=True),
                "parameters": parameters,
                "block_implementation": implementation,
                "clock_mhz": float(round(low * (high / low) ** next(take))),
            }
        )
        if mode == "multipliers":
            accelerator = self._architecture.mix_blocks(accelerator, blocks[0], blocks[1], order)
        return SampledDesign(
            {
                "network": {"model": "lenet5", "dataset": dataset},
                "accelerator": _content(accelerator),
                "blocks": {"layers": _layers(mode, blocks, order)},
            }
        )


def _content(accelerator: AcceleratorConfig) -> dict[str, Any]:
    """What was set, as in YAML."""
    return accelerator.model_dump(mode="json", exclude_unset=True)


def _layers(mode: str, blocks: Sequence[str], order: float) -> dict[str, Any]:
    """The blocks of each layer, as in a config."""
    first, second, third = blocks
    if mode == "uniform":
        return dict.fromkeys(_LAYERS, first)
    if mode == "layers":
        # Every way in which a base of three numbers the layers.
        number = int(order * 3 ** len(_LAYERS))
        return {layer: blocks[number // 3**at % 3] for at, layer in enumerate(_LAYERS)}
    if mode == "filters":
        share = round(0.2 + 0.6 * order, 2)
        rules = [{"block": first, "share": share}, {"block": second}]
        return {"conv1": rules, "conv2": rules, "fc1": rules, "fc2": third, "fc3": third}
    # Both blocks in some of the multipliers, one of them in the others.
    quarter = [{"block": second, "share": 0.25}, {"block": first}]
    return {layer: first if at % 2 else quarter for at, layer in enumerate(_LAYERS)}


def _one_of(choices: Sequence[Any], number: float) -> Any:
    """The choice at ``number`` in [0, 1)."""
    return choices[int(number * len(choices))]
