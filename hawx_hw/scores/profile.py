"""What one profile of a network holds: how every unit under every block moves the logits.

A unit is what an assignment decides on: a filter, or a kernel slice of one. All arrays that an
assignment indexes have the axes units and blocks first, units in the order of layers, filters and
slices.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.assignment.indexed import indexed
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import Block
from hawx_hw.errors import UserError
from hawx_hw.util.damage import DAMAGED, first_line
from hawx_hw.util.files import read_bytes, write_bytes
from hawx_hw.util.json_text import read_json

if TYPE_CHECKING:
    from hawx_hw.config.compensation import WeightChoice

__all__ = ["SCHEMA", "UNITS", "Profile", "load_profile", "save_profile"]

SCHEMA = 2

#: Axes and unit of every array of a profile, as the file states them.
UNITS: Mapping[str, tuple[str, str]] = {
    "labels": ("image", "class"),
    "logits": ("image, class", "real output"),
    "unit_layer": ("unit", "index of the layer"),
    "unit_filter": ("unit", "filter of the layer"),
    "unit_slice": ("unit", "slice of the kernel"),
    "macs": ("unit", "multiplications an image"),
    "shifts": ("unit, block, image, class", "real output"),
    "code_square": ("unit, block", "mean square of codes"),
    "mean": ("unit, block", "mean error of a sum"),
    "variance": ("unit, block", "variance of the error of a sum"),
    "absolute": ("unit, block", "sum over operations of mean absolute errors"),
    "gain": ("unit, image, class", "real output a unit of the sum"),
    "fisher": ("unit", "loss a squared unit of the sum"),
    "activations": ("layer, code + 128", "count"),
    "weights": ("layer, code + 128", "count"),
    "operation_mean": ("layer, block, weight + 128", "mean error of a product"),
    "operation_variance": ("layer, block, weight + 128", "variance of the error of a product"),
    "operation_absolute": ("layer, block, weight + 128", "mean absolute error of a product"),
}

_NAMES = ("layers", "blocks", "digests")
_SWITCHES = ("bias_correction", "activation_rounding")
_CHOICES = ("together", "one_by_one", "none")


@dataclass(frozen=True, eq=False)
class Profile:
    """Sensitivities of one network to one list of blocks.

    Parameters
    ----------
    network : str
        The graph's name.
    layers, blocks, digests : tuple of str
        Names of the weighted nodes, of the blocks, and the blocks' digests.
    bias_correction, activation_rounding : bool
        What compensates the blocks' errors in this profile.
    weight_choice : str
        How weights were chosen: ``together`` (of whole filters), ``one_by_one`` or ``none``.
    slices : tuple of ndarray of int32
        For each layer the slice of every tap, of shape ``weight.shape[1:]``.
    labels, logits, unit_layer, unit_filter, unit_slice, macs, shifts, code_square, mean, variance,\
    absolute, gain, fisher, activations, weights, operation_mean, operation_variance,\
    operation_absolute : ndarray
        See :data:`UNITS` for axes and units. ``shifts`` is what a unit under a block adds to the
        logits of an image; ``gain`` and ``fisher`` are first and second derivatives, summed over
        the pixels of a filter. Errors are those after compensation; ``mean``, ``variance``,
        ``absolute`` and those of operations are of weights chosen one by one, also where
        ``weight_choice`` is ``together``.
    """

    network: str
    layers: tuple[str, ...]
    blocks: tuple[str, ...]
    digests: tuple[str, ...]
    bias_correction: bool
    activation_rounding: bool
    weight_choice: WeightChoice
    slices: tuple[np.ndarray, ...]
    labels: np.ndarray
    logits: np.ndarray
    unit_layer: np.ndarray
    unit_filter: np.ndarray
    unit_slice: np.ndarray
    macs: np.ndarray
    shifts: np.ndarray
    code_square: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    absolute: np.ndarray
    gain: np.ndarray
    fisher: np.ndarray
    activations: np.ndarray
    weights: np.ndarray
    operation_mean: np.ndarray
    operation_variance: np.ndarray
    operation_absolute: np.ndarray

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.unit_layer)

    def uniform(self, block: int) -> np.ndarray:
        """The choice of one block for all units: int64 ``(units,)``."""
        return np.full(self.units, block, dtype=np.int64)

    def uniforms(self) -> np.ndarray:
        """The choices of one block for all units, for each block: int64 ``(blocks, units)``."""
        return np.stack([self.uniform(index) for index in range(len(self.blocks))])

    def by_layer(self, blocks: Sequence[int] | np.ndarray) -> np.ndarray:
        """The choice of one block a layer, in the order of ``layers``: int64 ``(units,)``."""
        choice: np.ndarray = np.asarray(blocks, dtype=np.int64)[self.unit_layer]
        return choice

    def checked(self, choices: np.ndarray) -> np.ndarray:
        """Choices as an array ``(assignments, units)`` of indices of blocks.

        Raises
        ------
        ValueError
            They are of another shape, or name a block that is not there.
        """
        array = np.atleast_2d(np.asarray(choices))
        if array.ndim != 2 or array.shape[1] != self.units:
            raise ValueError(f"Choices must be of shape (n, {self.units}), not {array.shape}")
        if not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"Choices must be whole numbers, not {array.dtype}")
        if array.size and not (array.min() >= 0 and array.max() < len(self.blocks)):
            raise ValueError(f"Choices must be in [0, {len(self.blocks)}), not {array.min()!r}")
        return array.astype(np.int64)

    def assignment(self, choice: np.ndarray, blocks: Sequence[Block]) -> dict[str, LayerBlocks]:
        """The blocks of every weight.

        Parameters
        ----------
        choice : ndarray of int
            ``(units,)``: index of each unit's block.
        blocks : sequence of Block
            Those of the profile, in its order.

        Raises
        ------
        ValueError
            These are not the profile's blocks.
        """
        if tuple(block.digest for block in blocks) != self.digests:
            raise ValueError(f"Blocks must be those of the profile: {', '.join(self.blocks)}")
        (choice,) = self.checked(choice)
        assignment = {}
        for index, (name, slices) in enumerate(zip(self.layers, self.slices, strict=True)):
            own = choice[self.unit_layer == index].reshape(-1, int(slices.max()) + 1)
            assignment[name] = indexed(blocks, own[:, slices])
        return assignment


def save_profile(profile: Profile, path: Path) -> None:
    """Write the profile as ``.npz``; the same profile gives the same bytes.

    The member ``description`` is JSON with the names, and the axes and the unit of every array.
    """
    description = {
        "schema": SCHEMA,
        "network": profile.network,
        **{name: getattr(profile, name) for name in (*_NAMES, *_SWITCHES, "weight_choice")},
        "arrays": {name: {"axes": a, "unit": u} for name, (a, u) in UNITS.items()},
    }
    arrays = {name: getattr(profile, name) for name in UNITS}
    arrays |= {f"slices.{i}": slices for i, slices in enumerate(profile.slices)}
    content = io.BytesIO()
    np.savez(content, description=np.array(json.dumps(description, sort_keys=True)), **arrays)
    write_bytes(path, content.getvalue())


def load_profile(path: Path) -> Profile:
    """Read what :func:`save_profile` wrote.

    Raises
    ------
    UserError
        The file is missing, damaged or of another version.
    """
    hint = "Profile the network again: hawx profile."
    try:
        with np.load(io.BytesIO(read_bytes(path)), allow_pickle=False) as file:
            description = read_json(str(file["description"]))
            if description["schema"] != SCHEMA:
                raise UserError(
                    f"The profile is of schema {description['schema']!r}; this program reads "
                    f"{SCHEMA}.",
                    where=str(path),
                    hint=hint,
                )
            values: dict[str, Any] = {name: file[name] for name in UNITS}
            values |= {name: tuple(description[name]) for name in _NAMES}
            values |= {name: bool(description[name]) for name in _SWITCHES}
            values["weight_choice"] = description["weight_choice"]
            slices = tuple(file[f"slices.{index}"] for index in range(len(values["layers"])))
            profile = Profile(network=str(description["network"]), slices=slices, **values)
        _check(profile)
        return profile
    except DAMAGED as error:
        raise UserError(
            f"The profile cannot be read: {first_line(error)}.", where=str(path), hint=hint
        ) from error


def _check(profile: Profile) -> None:
    """Raise ValueError where the arrays do not go together."""
    texts = (*profile.layers, *profile.blocks, *profile.digests)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("names must be texts")
    if profile.weight_choice not in _CHOICES:
        raise ValueError(f"weight_choice must be one of {', '.join(_CHOICES)}")
    if len(profile.digests) != len(profile.blocks):
        raise ValueError("each block must have a digest")
    sizes = {"layer": len(profile.layers), "block": len(profile.blocks)}
    sizes |= {"code + 128": 256, "weight + 128": 256}
    for name, (axes, _) in UNITS.items():
        array = getattr(profile, name)
        names = axes.split(", ")
        shape = tuple(sizes.setdefault(*pair) for pair in zip(names, array.shape))
        if array.shape != shape or array.ndim != len(names) or array.dtype.kind not in "iuf":
            raise ValueError(f"{name} must be numbers by {axes}, not {array.dtype} {array.shape}")
    for name, end in (("unit_layer", sizes["layer"]), ("labels", sizes["class"])):
        indices = getattr(profile, name)
        if indices.dtype.kind not in "iu" or (indices.size and not indices.min() >= 0):
            raise ValueError(f"{name} must be indices")
        if indices.size and indices.max() >= end:
            raise ValueError(f"{name} must be below {end}, not {indices.max()}")
    for slices in profile.slices:
        if slices.dtype.kind not in "iu" or not slices.size or slices.min() < 0:
            raise ValueError("slices must be indices")
