r"""Names for readers in a module of the Verilog that Yosys writes.

A wire without a name, which Yosys writes as ``\$12``, is named after what it is:
``sum_in_plus_product``, ``index_is_4``, ``not_full``; by its operation and a number where its
operands make no short name. The next value of a register that other things read, too, is
``<register>_next``. Fields, which Verilog has no structures for, are wires ``<word>__<field>``, and
what reads these bits of the word reads the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hawx_hw.gateware.verilog_text import names, renamed

__all__ = ["fresh", "plain", "with_fields", "with_names", "without_copies"]

#: The longest name that is made of those of operands.
_LONGEST = 40
_NAME = r"(?:\\\S+ |[A-Za-z_]\w*)"
_DECLARED = re.compile(
    rf"^  (?:wire|reg)(?: signed)?(?: \[\d+:0\])? ({_NAME})[^;\n]*;\n", re.MULTILINE
)
_ASSIGNED = re.compile(rf"^  assign ({_NAME}) = (.+);$", re.MULTILINE)
_REGISTER = re.compile(rf"^    ({_NAME})(?:\[[\d:]+\])? <= ({_NAME});$", re.MULTILINE)
_INSTANCE = re.compile(
    rf"^  ({_NAME}) ?(?:#\($.*?^  \) )?({_NAME}) ?\($(.*?)^  \);$", re.MULTILINE | re.DOTALL
)
_PORT = re.compile(rf"^    \.(\w+)\(({_NAME})\)", re.MULTILINE)
# The first is a whole escaped name, inside which nothing is read.
_BITS = re.compile(rf"\\\S+ (?!\[)|({_NAME}) ?(\[[\d:]+\])")
_FIELD = re.compile(rf"^  assign (\\\S+ ) = ({_NAME}) ?(\[[\d:]+\]);$", re.MULTILINE)
_REPEATED = re.compile(r"(?<=[{ ])([A-Za-z_]\w*(?:\[\d+\])?)(?:, \1(?=[, ])){2,}")
_CONSTANT = re.compile(r"\d+'h[0-9a-f]+")
_ESCAPED = re.compile(r"\\.*[.$\[]")
_OPERAND = rf"(?:\$signed\()?({_NAME}|\d+'s?[hd][0-9a-f]+)(?:\[(\d+)(?::(\d+))?\])?\)?"
_UNARY = re.compile(rf"([~!&|^-]) {_OPERAND}")
_BINARY = re.compile(rf"{_OPERAND} (\S+) {_OPERAND}")
_UNARY_WORDS = {"~": "not", "!": "no", "&": "all", "|": "any", "^": "odd", "-": "minus"}
_BINARY_WORDS = {
    "+": "plus", "-": "minus", "*": "times", "&": "and", "|": "or", "^": "xor", "==": "is",
    "!=": "is_not", "<": "below", "<=": "at_most", ">": "above", ">=": "at_least",
    "<<": "shifted_by", ">>": "over", "<<<": "shifted_by", ">>>": "over",
}  # fmt: skip
#: Operations whose operands make no name, with what stands in their text.
_KINDS = (
    ("choice", re.compile(r" \? ")),
    ("equal", re.compile(r" [!=]= ")),
    ("compared", re.compile(r" (?:<|>|<=|>=) ")),
    ("product", re.compile(r" \* ")),
    ("sum", re.compile(r" \+ ")),
    ("difference", re.compile(r" - ")),
    ("shifted", re.compile(r" (?:<<|>>|<<<|>>>) ")),
    ("both", re.compile(r" & ")),
    ("either", re.compile(r" \| ")),
    ("odd", re.compile(r" \^ ")),
    ("inverse", re.compile(r"^~")),
    ("no", re.compile(r"^!")),
    ("all", re.compile(r"^&")),
    ("any", re.compile(r"^\|")),
    ("negative", re.compile(r"^-")),
    ("bits", re.compile("")),
)


def plain(name: str) -> str:
    """A name of letters, digits and single underscores."""
    return re.sub(r"_+", "_", re.sub(r"\W", "_", name)).strip("_")


def fresh(name: str, used: set[str]) -> str:
    """The name, or the first with a number that nothing has; it is used from now on.

    One that ends with an underscore gets a number in any case.
    """
    number, new = 1, f"{name}1" if name.endswith("_") else name
    while new in used:
        number += 1
        new = f"{name.rstrip('_')}_{number}"
    used.add(new)
    return new


def with_fields(module: str) -> str:
    """A module as Yosys writes it, where what reads the bits of a field reads the field."""
    fields: dict[tuple[str, str], str] = {}
    for field, word, bits in _FIELD.findall(module):
        key = (word.strip(), bits)
        own = re.fullmatch(rf"\\?{re.escape(word.strip().lstrip(chr(92)))}[.\[].*", field.strip())
        # The innermost of fields that are the same bits.
        if own and len(field) > len(fields.get(key, "")):
            fields[key] = field

    def read(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        return fields.get((match[1].strip(), match[2]), match[0])

    lines = []
    for line in module.splitlines():
        if line.startswith("    .") or _FIELD.fullmatch(line):
            # What a port drives is no place to read from, and a field is these bits.
            lines.append(line)
            continue
        head, equals, value = line.rpartition(" = ")
        lines.append(head + equals + _BITS.sub(read, value))
    return "\n".join(lines)


def with_names(module: str) -> str:
    """The module with a name for every wire that has none, and plain names for all others."""
    new = _Names(module).all()
    return _brief(renamed(module, lambda name: new.get(name, name)))


def without_copies(module: str) -> str:
    """A module as Yosys writes it, without nameless copies of other wires and of constants."""
    widths = {match[1].strip(): match[0].partition(match[1])[0].split()[-1]
              for match in _DECLARED.finditer(module)}  # fmt: skip
    widths = {name: width if width[0] == "[" else "" for name, width in widths.items()}
    copies: dict[str, str] = {}
    for match in _ASSIGNED.finditer(module):
        old, value = match[1].strip(), match[2].strip()
        if _nameless(match[1]) and (
            (value in widths and widths[value] == widths[old])
            or (_CONSTANT.fullmatch(value) and not widths[old])
        ):
            copies[old] = value

    def original(name: str) -> str:
        while name in copies:
            name = copies[name]
        return name

    def unless_copy(match: re.Match[str]) -> str:
        return "" if match[1].strip() in copies else match[0]

    module = re.sub(rf"{_ASSIGNED.pattern}\n", unless_copy, module, flags=re.MULTILINE)
    return renamed(_DECLARED.sub(unless_copy, module), original)


class _Names:
    """New names, by the old ones."""

    def __init__(self, module: str):
        declared = [match[1].strip() for match in _DECLARED.finditer(module)]
        self._old = [name for name in declared if _ESCAPED.match(name)]
        self._used = set(names(module))
        self._wishes = dict(_wishes(module))
        self._values = {
            match[1].strip(): match[2]
            for match in _ASSIGNED.finditer(module)
            if _nameless(match[1])
        }
        self._new: dict[str, str] = {}

    def all(self) -> dict[str, str]:
        """Those of all wires that get another name."""
        for old in self._old:
            self._named(old)
        return self._new

    def _named(self, old: str) -> str:
        if not _ESCAPED.match(old):
            return old
        if old not in self._new:
            if old in self._wishes:
                name = self._wishes[old]
            elif old in self._values:
                name = _described(renamed(self._values.pop(old), self._named))
            else:
                name = _source_name(old)
            self._new[old] = fresh(name, self._used)
        return self._new[old]


def _source_name(old: str) -> str:
    r"""For a name of the source, such as ``\flow$4.field[2]``, one that needs no escape."""
    parts = [plain(part) for part in re.split(r"[.\[\]]+", old.lstrip("\\").replace("__", "."))]
    name = "__".join(part for part in parts if part)
    return f"wire_{name}" if name[:1].isdigit() else name


def _wishes(module: str) -> Iterator[tuple[str, str]]:
    """Wires without a name that registers take or instances drive, each with its name."""
    for register in _REGISTER.finditer(module):
        if _nameless(register[2]):
            yield register[2].strip(), f"{plain(register[1])}_next"
    for instance in _INSTANCE.finditer(module):
        for port in _PORT.finditer(instance[3]):
            if _nameless(port[2]):
                yield port[2].strip(), plain(f"{instance[2]}_{port[1]}")


def _nameless(name: str) -> bool:
    return re.fullmatch(r"\\\$(\d+|auto\$\S+) ", name) is not None


def _described(value: str) -> str:
    """A name for what is assigned."""
    if match := _UNARY.fullmatch(value):
        name = f"{_UNARY_WORDS[match[1]]}_{_operand(*match.group(2, 3, 4))}"
    elif (match := _BINARY.fullmatch(value)) and match[4] in _BINARY_WORDS:
        first, second = _operand(*match.group(1, 2, 3)), _operand(*match.group(5, 6, 7))
        name = f"{first}_{_BINARY_WORDS[match[4]]}_{second}"
    else:
        name = ""
    if re.match(r"[a-z]", name) and len(name) <= _LONGEST and "$" not in name:
        return name
    return next(kind for kind, pattern in _KINDS if pattern.search(value)) + "_"


def _operand(name: str, high: str | None, low: str | None) -> str:
    if number := re.fullmatch(r"\d+'s?([hd])([0-9a-f]+)", name):
        return str(int(number[2], 16 if number[1] == "h" else 10))
    return "_".join((plain(name), *(bit for bit in (high, low) if bit)))


def _brief(module: str) -> str:
    """The module with ``{3{x[7]}}`` for a bit that stands three times or more in a row."""

    def repeated(match: re.Match[str]) -> str:
        return f"{{{match[0].count(match[1])}{{{match[1]}}}}}"

    return _REPEATED.sub(repeated, module)
