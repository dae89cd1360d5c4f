"""The tables of a library, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hawx_hw.technology.cells import Table
from hawx_hw.technology.liberty_groups import Group, LibertyError
from hawx_hw.technology.liberty_units import Units

__all__ = ["TABLES", "TableReader", "Unsupported", "templates_of"]

#: Kinds of groups that are tables.
TABLES = (
    "cell_rise", "cell_fall", "rise_transition", "fall_transition",
    "rise_constraint", "fall_constraint", "rise_power", "fall_power", "power",
)  # fmt: skip
#: The variables that may span a table: a pin's own transition, then a load or that of the clock.
_FIRST = ("input_net_transition", "input_transition_time", "constrained_pin_transition")
_LOAD = "total_output_net_capacitance"
_SECOND = (_LOAD, "related_pin_transition")
#: The template that stands for a single value, and which no library defines.
_SCALAR = "scalar"


class Unsupported(LibertyError):
    """Something that may well be right and is not read: a cell is left out for it."""


def templates_of(library: Group) -> dict[str, Group]:
    """The templates of a library's tables by name."""
    templates = library.children("lu_table_template", "power_lut_template")
    return {template.name: template for template in templates}


@dataclass(frozen=True)
class TableReader:
    """Reads tables.

    Parameters
    ----------
    units : Units
    templates : mapping of str to Group
    """

    units: Units
    templates: Mapping[str, Group]

    def axes(self, group: Group) -> list[tuple[str, list[float]]]:
        """The variables of a table in the file's order, with their values in the file's units.

        Raises
        ------
        LibertyError
            There is no such template, or an axis does not rise.
        Unsupported
            It has three variables, or others than transitions and loads.
        """
        name = group.name
        template = self.templates.get(name)
        if template is None:
            if name and name != _SCALAR:
                raise LibertyError(f"{group.kind}: there is no template {name!r}", group.line)
            return []
        axes = []
        for number in "123":
            variable = template.text(f"variable_{number}")
            if not variable:
                continue
            if number == "3":
                raise Unsupported(f"{group.kind} has three variables", group.line)
            if variable not in _FIRST + _SECOND:
                raise Unsupported(f"{group.kind} is over {variable!r}", group.line)
            axes.append((variable, self._index(group, template, f"index_{number}")))
        if len({variable in _FIRST for variable, _ in axes}) < len(axes):
            both = " and ".join(variable for variable, _ in axes)
            raise Unsupported(f"{group.kind} is over {both}", group.line)
        return axes

    @staticmethod
    def _index(group: Group, template: Group, name: str) -> list[float]:
        axis = group.numbers(name) or template.numbers(name)
        if not axis:
            raise LibertyError(f"{group.kind} has no {name}", group.line)
        if any(low >= high for low, high in pairwise(axis)):
            raise LibertyError(f"{name} of {group.kind} must rise", group.line_of(name))
        return axis

    def read(self, group: Group, scale: float) -> Table:
        """A table in our units; ``scale`` is that of its values.

        Raises
        ------
        LibertyError
            As :meth:`axes`, and where the values are no numbers or too many or few.
        Unsupported
        """
        axes = self.axes(group)
        numbers = group.numbers("values")
        shape = [len(axis) for _, axis in axes] or [1]
        if len(numbers) != np.prod(shape):
            size = " x ".join(map(str, shape))
            raise LibertyError(
                f"values of {group.kind} must be {size} numbers, not {len(numbers)}",
                group.line_of("values"),
            )
        values = np.array(numbers) * scale
        slews = loads = np.zeros(1)
        for variable, axis in axes:
            if variable in _FIRST:
                slews = np.array(axis) * self.units.nanosecond
            else:
                unit = self.units.femtofarad if variable == _LOAD else self.units.nanosecond
                loads = np.array(axis) * unit
        if len(axes) == 2 and axes[0][0] in _SECOND:
            values = values.reshape(shape).T
        return Table(slews, loads, values.reshape(len(slews), len(loads)))

    def over_load_alone(self, group: Group) -> bool:
        """Whether a table is over the load alone, which ABC does not read."""
        return [variable for variable, _ in self.axes(group)] == [_LOAD]
