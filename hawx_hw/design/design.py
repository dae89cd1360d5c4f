"""A design: an accelerator and the block of every weight. The one reader and writer of
design.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from hawx_hw.architectures.registry import ARCHITECTURES, architecture_of
from hawx_hw.assignment.storage import from_json, to_json
from hawx_hw.blocks.own_blocks import own_circuits, own_names
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text, write_json
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.graph.graph import Graph
from hawx_hw.util.json_text import read_json

__all__ = ["Design", "read_origin"]

_SCHEMA = 2
_HINT = "Pick a design again, with hawx pick."


@dataclass(frozen=True, eq=False)
class Design:
    """What is predicted, emitted and verified.

    Parameters
    ----------
    accelerator : AcceleratorConfig
        Its clock, which only synthesis and power read, is not part of the design and left out.
    assignment : Assignment
        The block of every weight; layers that it leaves out are exact.
    origin : int or None
        The point of the search's front that it is; None where no search chose it.
    """

    accelerator: AcceleratorConfig
    assignment: Assignment
    origin: int | None = None

    def __post_init__(self) -> None:
        accelerator = self.accelerator.model_copy(update={"clock_mhz": None})
        object.__setattr__(self, "accelerator", accelerator)

    def plan(self, graph: Graph, base: Path = Path()) -> Plan:
        """The network on the accelerator.

        Parameters
        ----------
        graph : Graph
            The network, compensated for the blocks.
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            The accelerator cannot run the network.
        """
        architecture = architecture_of(self.accelerator)
        return architecture.plan(graph, self.accelerator, self.assignment, base)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; the same design gives the same dict."""
        return {
            "schema": _SCHEMA,
            "accelerator": self.accelerator.hardware(),
            "assignment": to_json(self.assignment),
            "index": self.origin,
        }

    def save(self, path: Path, base: Path = Path()) -> None:
        """Write it; no hash and no version, so that the same design is the same file.

        The circuits of the user's own blocks stand beside it: what was made of the design is
        outdated when they change.

        Parameters
        ----------
        path : Path
        base : Path
            The folder that paths in the names of blocks start from.
        """
        content = self.as_dict()
        circuits = own_circuits(own_names(content), base)
        write_json(path, {**content, **({"circuits": circuits} if circuits else {})})

    @classmethod
    def load(cls, path: Path, base: Path = Path()) -> Design:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        path : Path
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            There is no design in the file, or a block of it is not there any more, or another.
        """
        content, accelerator = _read(path)
        try:
            assignment = from_json(content.assignment, base)
        except UserError as error:
            where = f"{path}: {error.where}" if error.where else str(path)
            raise UserError(error.what, where=where, hint=error.hint or _HINT) from error
        for name, circuit in own_circuits(content.circuits, base).items():
            if circuit != content.circuits[name]:
                raise UserError(
                    f"The block {name} has changed since the design was picked",
                    where=str(path),
                    hint=_HINT,
                )
        return cls(accelerator, assignment, content.index)


def read_origin(path: Path) -> int | None:
    """The point of the search's front that a stored design is; no block of it is looked up.

    Raises
    ------
    UserError
        There is no design in the file.
    """
    return _read(path)[0].index


class _Content(Record):
    """The keys of design.json."""

    schema_: int = Field(alias="schema")
    accelerator: dict[str, Any]
    assignment: dict[str, Any]
    index: int | None
    circuits: dict[str, str | None] = Field(default={})


def _read(path: Path) -> tuple[_Content, AcceleratorConfig]:
    try:
        content = read_json(read_text(path))
        if content["schema"] != _SCHEMA:
            raise UserError(
                f"The design is of schema {content['schema']!r}, not {_SCHEMA}",
                where=str(path),
                hint=_HINT,
            )
        stored = _Content.model_validate(content)
        architecture = ARCHITECTURES[stored.accelerator["architecture"]]
        return stored, architecture.config.model_validate(stored.accelerator)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The design cannot be read: {error}", where=str(path), hint=_HINT
        ) from error
