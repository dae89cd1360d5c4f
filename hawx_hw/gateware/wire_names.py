"""Names for the wires of a module that have none: what Yosys writes as ``\$12``.

A wire is named after what it is: ``sum_in_plus_product``, ``index_is_4``, ``not_full``; by its
operation and a number where its operands make no short name. The next value of a register that
other things read, too, is ``<register>_next``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hawx_hw.gateware.verilog_text import names, renamed

__all__ = ["fresh", "plain", "with_names"]

#: The longest name that is made of those of operands.
_LONGEST = 32
_NAME = r"(?:\\\S+ |[A-Za-z_]\w*)"
_ASSIGNED = re.compile(rf"^  assign ({_NAME}) = (.+);$", re.MULTILINE)
_REGISTER = re.compile(rf"^    ({_NAME})(?:\[[\d:]+\])? <= ({_NAME});$", re.MULTILINE)
_INSTANCE = re.compile(rf"^  ({_NAME}) ?(?:#\($.*?^  \) )?({_NAME}) ?\($(.*?)^  \);$",
                       re.MULTILINE | re.DOTALL)  # fmt: skip
_PORT = re.compile(rf"^    \.(\w+)\(({_NAME})\)", re.MULTILINE)
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
    """A name of letters, digits and underscores."""
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


def with_names(module: str) -> str:
    """The module with a name for every wire that has none."""
    new = _Names(module).all()
    return renamed(module, lambda name: new.get(name, name))


class _Names:
    """New names, by the old ones."""

    def __init__(self, module: str):
        self._old = dict.fromkeys(name for name in names(module) if name.startswith("\\$"))
        self._used = set(names(module))
        self._wishes = dict(_wishes(module))
        self._values = {
            match[1].strip(): match[2]
            for match in _ASSIGNED.finditer(module)
            if _nameless(match[1])
        }
        self._new: dict[str, str] = {}

    def all(self) -> dict[str, str]:
        for old in self._old:
            self._named(old)
        return self._new

    def _named(self, old: str) -> str:
        if not old.startswith("\\$"):
            return old
        if old not in self._new:
            if old in self._wishes:
                self._new[old] = fresh(self._wishes[old], self._used)
            elif old in self._values:
                value = self._values.pop(old)
                wish = _described(renamed(value, self._named))
                self._new[old] = fresh(wish, self._used)
            else:
                self._new[old] = self._cleaned(old)
        return self._new[old]

    def _cleaned(self, old: str) -> str:
        """A name of the source, such as ``\\$signal$4.field``, without what Verilog escapes."""
        head, sign, field = re.fullmatch(r"([^.\[]+)([.\[]?)(.*)", old).groups()  # type: ignore[union-attr]
        name = plain(head)
        if sign:
            return f"\\{name}{sign}{field}"
        return fresh(f"wire_{name}" if name[:1].isdigit() else name, self._used)


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
