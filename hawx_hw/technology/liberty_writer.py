"""Writes a library in the subset of liberty that Yosys, ABC and OpenSTA read alike.

Each tool reads the format in its own way: units, missing semicolons, unquoted functions, comments,
several pins in one ``related_pin``, tables over the load alone, tables not written line by line.
None complains of all that it reads wrong; ABC ends in a segmentation fault for some. So the tools
never see the user's file, but what was read of it. Numbers keep their digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawx_hw.technology.liberty_cells import related_pins
from hawx_hw.technology.liberty_checks import EXPRESSIONS
from hawx_hw.technology.liberty_groups import Attribute, Group
from hawx_hw.technology.liberty_tables import TABLES, TableReader

__all__ = ["DELAY_MODEL", "NUMBERS", "Part", "liberty_text"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,"()\\]+', re.DOTALL)
#: What stands in a string and what no tool takes for anything else.
_SAFE = re.compile(r"[ !#-\[\]-~]*")
_COMMENT = re.compile(r"/\*|\*/|//")
#: They define what is not used.
_LEFT_OUT = ("define", "define_group", "comment", "date", "revision")
_ALWAYS_QUOTED = (*EXPRESSIONS, "related_pin")
_TEMPLATES = ("lu_table_template", "power_lut_template")
_DELAYS = (("cell_rise", "cell_fall"), ("rise_transition", "fall_transition"))
#: The one model of delays that is read: tables.
DELAY_MODEL = "table_lookup"
#: Of operating conditions, and what is taken where the library states none.
_NOMINAL = {"nom_process": 1.0, "nom_temperature": 25.0}
#: Where delays and transitions are measured, in percent of the supply; what the format takes where
#: nothing is stated. OpenSTA refuses a library without them.
_THRESHOLDS = {
    f"{kind}_threshold_pct_{edge}": percent
    for kind, percent in (("input", 50), ("output", 50), ("slew_lower", 20), ("slew_upper", 80))
    for edge in ("rise", "fall")
}
#: Attributes of a library that must be numbers, those of its units and supply aside.
NUMBERS = (*_NOMINAL, *_THRESHOLDS, "slew_derate_from_library")
_DEFAULT = "default_operating_conditions"
#: Operating conditions of ours, at the supply that is taken.
_CONDITIONS = "hawx_conditions"
_EDGES = tuple(kind for pair in _DELAYS for kind in pair)
#: A template of ours, for tables over the load alone.
_OVER_LOAD = "hawx_over_load"


@dataclass(frozen=True)
class Part:
    """One file's library.

    Parameters
    ----------
    library : Group
    tables : TableReader
    cells : sequence of Group
        Those that are written.
    """

    library: Group
    tables: TableReader
    cells: Sequence[Group]


def liberty_text(parts: Sequence[Part], voltage: float) -> str:
    """The library that some files make.

    Parameters
    ----------
    parts : sequence of Part
        Whatever is not a cell or a template is taken from the first.
    voltage : float
        The supply in V.
    """
    first = parts[0]
    name = first.library.name
    lines = [f"library ({name if _NAME.fullmatch(name) else 'cells'}) {{"]
    lines += _header(first, voltage)
    names = [_template_names(number, parts) for number in range(len(parts))]
    for part, renamed in zip(parts, names, strict=True):
        lines += _templates(part, renamed)
    lines += _over_load(parts)
    for part, renamed in zip(parts, names, strict=True):
        writer = _Cells(part.tables, renamed)
        for cell in part.cells:
            lines += writer.group(cell, "  ")
    return "\n".join([*lines, "}", ""])


def _header(part: Part, voltage: float) -> Iterator[str]:
    """What comes before templates and cells, in the file's order: some tools depend on it."""
    library, units = part.library, part.tables.units
    volts = f"{voltage / units.volt:.12g}"
    # OpenSTA has no delays without the model, and no thresholds but those that are stated.
    known = {
        "delay_model": f": {DELAY_MODEL}",
        **units.attributes,
        "nom_voltage": f": {volts}",
    }
    for name, percent in _THRESHOLDS.items():
        if name not in library.attributes:
            known[name] = f": {percent}"
    for name, text in known.items():
        yield f"  {name} {text};"
    default = library.attributes.get(_DEFAULT)
    conditions = [
        group.name
        for group in library.children("operating_conditions")
        if "voltage" in group.attributes
    ]
    stated = default is not None and default.values[0] in conditions
    for entry in library.entries:
        if isinstance(entry, Group):
            if entry.kind not in (*_TEMPLATES, "cell"):
                yield from _plain(entry, "  ")
        elif entry.name not in (*known, _DEFAULT):
            yield from _attribute(entry, "  ")
    if default is not None and stated:
        yield from _attribute(default, "  ")
    else:
        # OpenSTA takes a library without them to be at 0 V.
        yield f"  operating_conditions ({_CONDITIONS}) {{"
        for name, usual in _NOMINAL.items():
            yield f"    {name.removeprefix('nom_')} : {library.number(name, usual):g};"
        yield f"    voltage : {volts};"
        yield "  }"
        yield f"  {_DEFAULT} : {_CONDITIONS};"


def _template_names(number: int, parts: Sequence[Part]) -> dict[str, str]:
    """New names for the templates of a file that has one of an earlier file's names."""
    if number == 0:
        return {}
    earlier = {name for part in parts[:number] for name in part.tables.templates}
    return {name: f"{name}_{number}" for name in parts[number].tables.templates if name in earlier}


def _templates(part: Part, renamed: Mapping[str, str]) -> Iterator[str]:
    """The templates that tables use; others may be of a kind that is not read."""
    used = {table.name for cell in part.cells for table in _tables(cell)}
    for entry in part.library.children(*_TEMPLATES):
        if entry.name not in used:
            continue
        name = renamed.get(entry.name, entry.name)
        yield from _plain(Group(entry.kind, [name], entry.entries, entry.line), "  ")


def _over_load(parts: Sequence[Part]) -> Iterator[str]:
    """Templates for the tables over the load alone."""
    for size in sorted({len(axis) for part in parts for axis in _load_axes(part)}):
        yield f"  lu_table_template ({_OVER_LOAD}_{size}) {{"
        yield "    variable_1 : input_net_transition;"
        yield "    variable_2 : total_output_net_capacitance;"
        yield '    index_1 ("0, 1");'
        yield f'    index_2 ("{", ".join(map(str, range(size)))}");'
        yield "  }"


def _load_axes(part: Part) -> Iterator[list[float]]:
    for cell in part.cells:
        for table in _tables(cell):
            if table.kind in _EDGES and part.tables.over_load_alone(table):
                yield part.tables.axes(table)[0][1]


def _tables(group: Group) -> Iterator[Group]:
    for inner in group.groups:
        if inner.kind in TABLES:
            yield inner
        else:
            yield from _tables(inner)


@dataclass(frozen=True)
class _Cells:
    """Writes cells, whose arcs and tables are put in order."""

    tables: TableReader
    renamed: Mapping[str, str]

    def group(self, group: Group, indent: str) -> Iterator[str]:
        if group.kind in TABLES:
            yield from self._table(group, indent)
        elif group.kind == "timing":
            yield from self._timing(group, indent)
        elif group.kind == "pin" and len(group.arguments) > 1:
            for name in group.arguments:
                yield from self.group(Group("pin", [name], group.entries, group.line), indent)
        else:
            head = _head(group)
            if head is None:
                return
            yield f"{indent}{head} {{"
            yield from self._content(group, f"{indent}  ")
            yield f"{indent}}}"

    def _content(self, group: Group, indent: str, leave: str = "") -> Iterator[str]:
        for entry in group.entries:
            if isinstance(entry, Group):
                yield from self.group(entry, indent)
            elif entry.name != leave:
                yield from _attribute(entry, indent)

    def _timing(self, group: Group, indent: str) -> Iterator[str]:
        """An arc for each related pin, with tables for both edges."""
        more = [
            Group(missing, table.arguments, table.entries, table.line)
            for pair in _DELAYS
            for present, missing in (pair, pair[::-1])
            for table in group.children(present)
            if not any(group.children(missing))
        ]
        for pin in related_pins(group):
            yield f"{indent}timing () {{"
            yield f'{indent}  related_pin : "{pin}";'
            yield from self._content(group, f"{indent}  ", leave="related_pin")
            for table in more:
                yield from self._table(table, f"{indent}  ")
            yield f"{indent}}}"

    def _table(self, group: Group, indent: str) -> Iterator[str]:
        """A table: a text for each value of its first axis."""
        axes = self.tables.axes(group)
        values = re.sub(r'[",\\]', " ", group.attributes["values"].raw).split()
        width = len(axes[-1][1]) if axes else 1
        texts = [values[start : start + width] for start in range(0, len(values), width)]
        name = self.renamed.get(group.name, group.name)
        indices = [(key, _numbers(group, key)) for key in ("index_1", "index_2")]
        if group.kind in _EDGES and self.tables.over_load_alone(group):
            name, texts = f"{_OVER_LOAD}_{width}", 2 * texts
            indices = [("index_1", ["0", "1"]), ("index_2", [f"{x:.12g}" for x in axes[0][1]])]
        yield f"{indent}{group.kind} ({name}) {{"
        for key, numbers in indices:
            if numbers:
                yield f'{indent}  {key} ("{", ".join(numbers)}");'
        content = ", ".join(f'"{", ".join(text)}"' for text in texts)
        yield f"{indent}  values ({content});"
        yield f"{indent}}}"


def _numbers(group: Group, name: str) -> list[str]:
    attribute = group.attributes.get(name)
    return [] if attribute is None else re.sub(r'[",\\]', " ", attribute.raw).split()


def _plain(group: Group, indent: str) -> Iterator[str]:
    """A group as it stands."""
    head = _head(group)
    if head is None:
        return
    yield f"{indent}{head} {{"
    for entry in group.entries:
        write = _plain if isinstance(entry, Group) else _attribute
        yield from write(entry, f"{indent}  ")  # type: ignore[arg-type]
    yield f"{indent}}}"


def _head(group: Group) -> str | None:
    """A group's kind and arguments; None where a tool would take these for something else."""
    texts = [_word(text) for text in group.arguments]
    return None if None in texts else f"{group.kind} ({', '.join(map(str, texts))})"


def _attribute(attribute: Attribute, indent: str) -> Iterator[str]:
    """An attribute, but one that a tool would take for something else."""
    name = attribute.name
    if name in _LEFT_OUT:
        return
    if attribute.complex:
        texts = [_element(text) for text in _STRING.findall(attribute.raw)]
        if texts and None not in texts:
            yield f"{indent}{name} ({', '.join(map(str, texts))});"
        return
    value = attribute.values[0]
    if name == "related_pin":
        value = value.replace(",", " ").strip()
    text = _quoted(value) if name in _ALWAYS_QUOTED else _element(attribute.raw)
    if value and text is not None:
        yield f"{indent}{name} : {text};"


def _element(raw: str) -> str | None:
    """A value with quotes where it has some, but around no number."""
    value = Attribute("", raw, False, 0).values[0]
    if raw.startswith('"') and not _is_number(value):
        return _quoted(value)
    return _word(value)


def _is_number(text: str) -> bool:
    match = _WORD.fullmatch(text)
    return match is not None and not (text[0].isalpha() or text[0] == "_")


def _word(text: str) -> str | None:
    return text if _WORD.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str | None:
    text = " ".join(text.split())
    return f'"{text}"' if _SAFE.fullmatch(text) and not _COMMENT.search(text) else None
