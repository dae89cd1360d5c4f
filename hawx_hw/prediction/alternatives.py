"""Accelerators that differ from a design's in one or two numbers, predicted with its blocks.

They show what another size would change: each number of the accelerator is doubled and halved,
one at a time; and of the numbers that set how many multipliers there are, one is doubled and
another halved. Where a number no longer goes with the others, up to two of these are halved too.
Nothing is searched and nothing is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import ValidationError

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.errors import UserError
from hawx_hw.prediction.prediction import Prediction
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from pathlib import Path

    from hawx_hw.architectures.base import Plan
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.design.design import Design
    from hawx_hw.graph.graph import Graph
    from hawx_hw.prediction.designs import DesignPredictor

__all__ = ["Alternative", "alternatives"]

#: Limits, and what is given in place of the numbers that a design has.
_NO_SIZE = {"activation_kib", "parameter_kib", "multipliers"}
#: Numbers that are halved so that another may change, at most.
_HALVED = 2


class Alternative(Record):
    """The same network and blocks on another accelerator.

    Parameters
    ----------
    size : str
        Such as ``16 x 8``.
    changed : mapping of str to int
        Keys of the config's accelerator that are other numbers.
    multipliers : int
        Multiplications that it can do in a cycle.
    prediction : Prediction
    """

    size: str
    changed: dict[str, int]
    multipliers: int
    prediction: Prediction


def alternatives(
    design: Design, graph: Graph, plan: Plan, predictor: DesignPredictor, base: Path
) -> tuple[Alternative, ...]:
    """What other sizes of a design's accelerator would change.

    Parameters
    ----------
    design : Design
    graph : Graph
        The network, compensated for the blocks.
    plan : Plan
        Of the design.
    predictor : DesignPredictor
        Of its architecture, with all of its blocks.
    base : Path
        The folder that paths in the names of blocks start from.

    Returns
    -------
    tuple of Alternative
        In a fixed order; those that cannot run the network are left out.
    """
    own = design.accelerator
    made: dict[str, Alternative] = {}
    sized = []
    for key, number in _numbers(own).items():
        for other in (2 * number, number // 2):
            each = _alternative(design, graph, predictor, base, {key: other})
            if each is not None:
                made[str(each.changed)] = each
                if each.multipliers != plan.multipliers and key not in sized:
                    sized.append(key)
    numbers = _numbers(own)
    for more, less in ((one, two) for one in sized for two in sized if one != two):
        changes = {more: 2 * numbers[more], less: numbers[less] // 2}
        each = _alternative(design, graph, predictor, base, changes)
        if each is not None:
            made[str(each.changed)] = each
    return tuple(made.values())


def _numbers(accelerator: AcceleratorConfig) -> dict[str, int]:
    """The numbers that a config may leave out, as this accelerator has them."""
    return {
        key: value
        for key, field in type(accelerator).model_fields.items()
        if key not in _NO_SIZE
        and field.default is None
        and isinstance(value := getattr(accelerator, key), int)
    }


def _alternative(
    design: Design, graph: Graph, predictor: DesignPredictor, base: Path, changes: dict[str, int]
) -> Alternative | None:
    """With some numbers changed; None where no accelerator has them."""
    if not all(changes.values()):
        return None
    for accelerator in _changed(design.accelerator, changes):
        try:
            plan = architecture_of(accelerator).plan(graph, accelerator, design.assignment, base)
        except UserError:
            continue
        own = _numbers(design.accelerator)
        return Alternative(
            size=accelerator.size,
            changed={k: n for k, n in _numbers(accelerator).items() if n != own[k]},
            multipliers=plan.multipliers,
            prediction=predictor(plan),
        )
    return None


def _changed(
    accelerator: AcceleratorConfig, changes: dict[str, int]
) -> Iterator[AcceleratorConfig]:
    """The accelerator with other numbers: all else as it is, else with some others halved."""
    content = accelerator.hardware()
    if accelerator.block_key is not None:
        # Where blocks lie is stated for this size alone.
        content[accelerator.block_key] = None
    halves = {k: n // 2 for k, n in _numbers(accelerator).items() if k not in changes and n > 1}
    for count in range(_HALVED + 1):
        for keys in combinations(halves, count):
            more = {key: halves[key] for key in keys}
            try:
                yield type(accelerator).model_validate({**content, **more, **changes})
            except ValidationError:
                continue
