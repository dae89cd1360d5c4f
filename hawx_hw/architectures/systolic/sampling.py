"""The space of designs, and a plan that fills it evenly."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import qmc

from hawx_hw.util.fingerprints import json_hash

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["BLOCKS", "Design", "Space"]

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
_ACCUMULATORS = (32, 64, 128, 256)
_ARCHITECTURES = ("smallest", "smallest", "fastest", "first")
_CLOCKS = (50.0, 400.0)
_MODES = ("uniform", "layers", "filters", "columns")
_SIZES = range(4, 21)
# One number each for: rows, columns, slices, weight rows, lanes, accumulators, register, loading,
# mode, three blocks, their order, architecture, data set, clock.
_DIMENSIONS = 16


@dataclass(frozen=True)
class Design:
    """One accelerator for one network.

    Parameters
    ----------
    content : dict
        A config without its name and technology: the keys ``network``, ``accelerator`` and
        ``blocks``, as in YAML.
    """

    content: dict[str, Any]

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
        Of ``digits`` and ``mnist``, on which LeNet-5 is trained.
    blocks : sequence of str
        Names of the blocks to draw from, at least one.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        datasets: Sequence[str] = ("digits", "mnist"),
        blocks: Sequence[str] = BLOCKS,
    ):
        if not datasets or not set(datasets) <= {"digits", "mnist"}:
            raise ValueError(f"datasets must be digits, mnist or both, not {datasets!r}")
        if not blocks:
            raise ValueError("blocks must be at least one, not none")
        self._seed = seed
        self._datasets = tuple(datasets)
        self._blocks = tuple(blocks)
        self._points = np.empty((0, _DIMENSIONS))

    def __getitem__(self, index: int) -> Design:
        """The design at a place of the plan, from 0; the plan has no end."""
        if index < 0:
            raise IndexError(f"index must not be negative, not {index!r}")
        if index >= len(self._points):
            power = max(6, int(index + 1).bit_length())
            sampler = qmc.Sobol(_DIMENSIONS, rng=np.random.default_rng(self._seed))
            self._points = sampler.random_base2(power)
        return self._design(self._points[index].tolist())

    def _design(self, point: Sequence[float]) -> Design:
        take = iter(point)
        rows = _one_of(_SIZES, next(take))
        columns = _one_of(_SIZES, next(take))
        slice_columns = _one_of([d for d in _divisors(columns) if d <= 10], next(take))
        weight_rows = _one_of([w for w in (1, 2, 4, 8, 16) if w <= rows], next(take))
        lanes = _one_of([d for d in _divisors(slice_columns) if d <= 8], next(take))
        accelerator: dict[str, Any] = {
            "rows": rows,
            "columns": columns,
            "slice_columns": slice_columns,
            "weight_rows": weight_rows,
            "lanes": lanes,
            "accumulators": _one_of(_ACCUMULATORS, next(take)),
            "block_register": next(take) >= 0.5,
            "parameters": "loaded" if next(take) >= 0.7 else "rom",
        }
        mode = _one_of(_MODES, next(take))
        blocks = [_one_of(self._blocks, next(take)) for _ in range(3)]
        order = next(take)
        accelerator["block_implementation"] = _one_of(_ARCHITECTURES, next(take))
        dataset = _one_of(self._datasets, next(take))
        low, high = _CLOCKS
        accelerator["clock_mhz"] = float(round(low * (high / low) ** next(take)))
        return Design(
            {
                "network": {"model": "lenet5", "dataset": dataset},
                "accelerator": accelerator,
                "blocks": _mix(mode, blocks, order, accelerator),
            }
        )


def _mix(
    mode: str, blocks: Sequence[str], order: float, accelerator: dict[str, Any]
) -> dict[str, Any]:
    """The blocks' part of a config; a grid goes into ``accelerator``."""
    first, second, third = blocks
    layers: dict[str, Any]
    if mode == "uniform":
        layers = dict.fromkeys(_LAYERS, first)
    elif mode == "layers":
        # Every way in which a base of three numbers the layers.
        number = int(order * 3 ** len(_LAYERS))
        layers = {layer: blocks[number // 3**at % 3] for at, layer in enumerate(_LAYERS)}
    elif mode == "filters":
        share = round(0.2 + 0.6 * order, 2)
        rules = [{"block": first, "share": share}, {"block": second}]
        layers = {"conv1": rules, "conv2": rules, "fc1": rules, "fc2": third, "fc3": third}
    else:
        # Both blocks in some of the columns, one of them in the others.
        middle = max(1, min(accelerator["columns"] - 1, round(order * accelerator["columns"])))
        accelerator["grid"] = [
            {"blocks": [first]},
            {"blocks": list(dict.fromkeys([first, second])), "columns": f"{middle}-"
             f"{accelerator['columns'] - 1}"},
        ]  # fmt: skip
        half = [{"block": second, "share": 0.25}, {"block": first}]
        layers = {layer: first if at % 2 else half for at, layer in enumerate(_LAYERS)}
    return {"layers": layers}


def _one_of(choices: Sequence[Any], number: float) -> Any:
    """The choice at ``number`` in [0, 1)."""
    return choices[int(number * len(choices))]


def _divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]
