"""The units and the supply of a library."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hawx_hw.technology.liberty_groups import Group, LibertyError

__all__ = ["DEFAULT_VOLTAGE", "Units", "read_units", "read_voltage"]

#: The supply, in V, of a library that states none.
DEFAULT_VOLTAGE = 1.0
#: The supplies in V that are believed: others are a wrong unit.
_SUPPLIES = (0.05, 50.0)
_UNIT = re.compile(r"\s*([0-9]{1,4})(?:\.0*)?\s*([A-Za-z]+)\s*")
#: What the format allows. ABC takes other times for its usual one without a word.
_TIMES = {"1ps": 1e-3, "10ps": 1e-2, "100ps": 0.1, "1ns": 1.0}
_VOLTAGES = {"1mV": 1e-3, "10mV": 1e-2, "100mV": 0.1, "1V": 1.0}
_POWERS = {
    f"{amount}{prefix}W": amount * scale
    for prefix, scale in (("f", 1e-6), ("p", 1e-3), ("n", 1.0), ("u", 1e3), ("m", 1e6))
    for amount in (1, 10, 100)
}
_CAPACITANCES = {"ff": 1.0, "pf": 1000.0}


@dataclass(frozen=True)
class Units:
    """What one unit of the library is in ns, fF, V, nW, and as liberty writes it.

    Parameters
    ----------
    nanosecond, femtofarad, volt, nanowatt : float
    attributes : mapping of str to str
        The attributes that say so, by name, in the words that every tool understands.
    missing : tuple of str
        Of these attributes those that the library lacks.
    """

    nanosecond: float
    femtofarad: float
    volt: float
    nanowatt: float
    attributes: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def femtojoule(self) -> float:
        """The unit of energy in fJ; the format has none of its own."""
        return self.femtofarad * self.volt * self.volt


def read_units(library: Group) -> Units:
    """The units of a library.

    Raises
    ------
    LibertyError
        One is none that the format allows.
    """
    time = _unit(library, "time_unit", "1ns", _TIMES)
    volt = _unit(library, "voltage_unit", "1V", _VOLTAGES)
    power = _unit(library, "leakage_power_unit", "1nW", _POWERS)
    amount, load = _load(library)
    attributes = {
        "time_unit": f': "{time}"',
        "voltage_unit": f': "{volt}"',
        "leakage_power_unit": f': "{power}"',
        "capacitive_load_unit": f"({amount:.12g}, {load})",
    }
    return Units(
        _TIMES[time],
        amount * _CAPACITANCES[load],
        _VOLTAGES[volt],
        _POWERS[power],
        attributes,
        tuple(name for name in attributes if name not in library.attributes),
    )


def _unit(library: Group, name: str, usual: str, allowed: Collection[str]) -> str:
    text = library.text(name, usual)
    match = _UNIT.fullmatch(text)
    unit = f"{int(match[1])}{match[2]}".lower() if match else ""
    for known in allowed:
        if known.lower() == unit:
            return known
    raise LibertyError(
        f"{name} must be one of {', '.join(allowed)}, not {text!r}", library.line_of(name)
    )


def _load(library: Group) -> tuple[float, str]:
    name = "capacitive_load_unit"
    attribute = library.attributes.get(name)
    if attribute is None:
        return 1.0, "pf"
    values = attribute.values
    unit = values[1].lower() if len(values) == 2 else ""
    amount = library.number(name) if unit in _CAPACITANCES else 0.0
    if not amount > 0:
        raise LibertyError(
            f"{name} must be a number and ff or pf, not ({attribute.raw.strip()})", attribute.line
        )
    return amount, unit


def read_voltage(library: Group, units: Units) -> float | None:
    """The supply in V; None where the library states none.

    That of the default operating conditions, otherwise the nominal one, otherwise that of the only
    operating conditions.

    Raises
    ------
    LibertyError
        It is no voltage of a chip.
    """
    conditions = [
        group
        for group in library.children("operating_conditions")
        if "voltage" in group.attributes
    ]  # fmt: skip
    default = library.text("default_operating_conditions")
    chosen = [group for group in conditions if group.name == default and default]
    if chosen:
        group, name = chosen[-1], "voltage"
    elif "nom_voltage" in library.attributes:
        group, name = library, "nom_voltage"
    elif len(conditions) == 1:
        group, name = conditions[0], "voltage"
    else:
        return None
    voltage = group.number(name) * units.volt
    lowest, highest = _SUPPLIES
    if not lowest <= voltage <= highest:
        raise LibertyError(
            f"the supply must be {lowest:g} to {highest:g} V, not {voltage:g} V: "
            f"check {name} and voltage_unit",
            group.line_of(name),
        )
    return voltage
