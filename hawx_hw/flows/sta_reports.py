"""What OpenSTA wrote, read: slacks of endpoints, unconstrained ones, limits that are broken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

__all__ = [
    "Slacks",
    "by_pin",
    "plain_name",
    "read_slacks",
    "read_transitions",
    "read_unconstrained",
]

_TRANSITION = re.compile(
    r"^(\S+) +([-+\d.eE]+) +([-+\d.eE]+) +([-+\d.eE]+)(?: \(VIOLATED\))?$", re.MULTILINE
)
_HEADING = re.compile(r"^Warning: There (?:is|are) (\d+) unconstrained endpoints?\.$", re.MULTILINE)
#: How many names a text lists.
_NAMED = 4


@dataclass(frozen=True)
class Slacks:
    """Slacks of all endpoints, for setup or for hold.

    Parameters
    ----------
    by_end : mapping of str to float
        In ns, the least of each endpoint.
    """

    by_end: Mapping[str, float]

    @property
    def worst(self) -> float | None:
        """The least slack in ns; None where there is no endpoint."""
        return min(self.by_end.values(), default=None)

    @property
    def total_negative(self) -> float:
        """The sum of negative slacks, in ns; at most 0."""
        return sum(slack for slack in self.by_end.values() if slack < 0)

    @property
    def violations(self) -> int:
        """How many endpoints have a negative slack."""
        return sum(slack < 0 for slack in self.by_end.values())


def read_slacks(text: str, unit_ns: float) -> Slacks:
    """Slacks as the flow's script writes them: endpoint, slack and startpoint in each line.

    Raises
    ------
    ValueError
        A line is none of these.
    """
    slacks: dict[str, float] = {}
    for line in text.splitlines():
        end, slack, _ = line.split()
        name = plain_name(end)
        slacks[name] = min(float(slack) * unit_ns, slacks.get(name, float("inf")))
    return Slacks(slacks)


def read_unconstrained(text: str) -> frozenset[str]:
    """The endpoints that ``check_setup -unconstrained_endpoints -verbose`` lists.

    Raises
    ------
    ValueError
        It lists another number than it states, or something else.
    """
    if not text.strip():
        return frozenset()
    heading = _HEADING.search(text)
    names = [plain_name(line.strip()) for line in text.splitlines() if line.startswith("  ")]
    if heading is None or int(heading[1]) != len(names) or len(text.split("\n")) > len(names) + 2:
        raise ValueError("check_setup must list the endpoints that it counts")
    return frozenset(names)


def read_transitions(text: str, ignored_pins: Collection[str]) -> dict[str, tuple[float, float]]:
    """Limits of transitions that are broken: limit and transition of each pin, in the same unit.

    Parameters
    ----------
    text : str
        Of ``report_check_types -all_violators -max_transition``.
    ignored_pins : collection of str
        Names of cells' pins that are left out, such as ``CK``.
    """
    return {
        plain_name(pin): (float(limit), float(transition))
        for pin, limit, transition, slack in _TRANSITION.findall(text)
        if float(slack) < 0 and pin.rpartition("/")[2] not in ignored_pins
    }


def plain_name(name: str) -> str:
    """A name without the backslashes by which a tool marks special characters."""
    return name.replace("\\", "")


def by_pin(names: Iterable[str]) -> str:
    """Names in a few words: pins of cells counted by the pin, ports as they are."""
    ports = sorted(name for name in names if "/" not in name)
    pins = Counter(
        re.sub(r"\[\d+\]$", "", name.rpartition("/")[2]) for name in names if "/" in name
    )
    parts = [f"{count} at {pin}" for pin, count in sorted(pins.items(), key=lambda x: (-x[1], x))]
    parts += ports[:_NAMED]
    if len(ports) > _NAMED:
        parts.append(f"{len(ports) - _NAMED} more outputs")
    return ", ".join(parts)
