"""Mapped Verilog in the subset that OpenSTA reads: no parameters, signs or concatenated targets."""

from __future__ import annotations

import re

__all__ = ["plain_verilog"]

_MACRO = re.compile(r"^  (\w+) #\(\n((?:    \.\w+\(.*\),?\n)+)  \) ", re.MULTILINE)
_PARAMETER = re.compile(r"\.(\w+)\((?:\d+'[sS]?d)?(\d+)\)")
_NAME = r"(?:\\\S+(?= )|[A-Za-z_][\w$]*)"
_DECLARATION = re.compile(
    rf"^  (input|output|inout|wire) (?:signed )?(?:\[(\d+):(\d+)\] )?({_NAME}) ?;$"
)
_SIGNED = re.compile(r"^(  (?:input|output|inout|wire)) signed\b")
_ASSIGN = re.compile(r"^  assign \{(.*)\} = (.*);$")
_PIECE = re.compile(
    rf"\s*(?:(\d+)'([hbd])([0-9a-fA-FxXzZ]+)|({_NAME})(?: ?\[(\d+)(?::(\d+))?\])?)\s*,?"
)


def plain_verilog(verilog: str) -> tuple[str, dict[str, tuple[str, dict[str, int]]]]:
    """A netlist that Yosys wrote, in the subset of Verilog that OpenSTA reads.

    Each shape of memory macro becomes a module of its own name.

    Returns
    -------
    verilog : str
    macros : dict
        By new name: the macro's name and its numeric parameters.
    """
    macros: dict[str, tuple[str, dict[str, int]]] = {}

    def name(match: re.Match[str]) -> str:
        parameters = {key: int(value) for key, value in _PARAMETER.findall(match[2])}
        shape = "_".join(f"{key.lower()}{value}" for key, value in sorted(parameters.items()))
        macros[f"{match[1]}_{shape}"] = match[1], parameters
        return f"  {match[1]}_{shape} "

    lines: list[str] = []
    ranges: dict[str, tuple[int, int] | None] = {}
    for line in _MACRO.sub(name, verilog).splitlines():
        if line.startswith("module "):
            ranges = {}
        elif declared := _DECLARATION.match(line):
            ranges[declared[4]] = (int(declared[2]), int(declared[3])) if declared[2] else None
            line = _SIGNED.sub(r"\1", line)
        elif assigned := _ASSIGN.match(line):
            targets, values = (_bits(side.strip(" {}"), ranges) for side in assigned.groups())
            pairs = zip(targets, values, strict=True)
            lines += [f"  assign {target} = {value};" for target, value in pairs]
            continue
        lines.append(line)
    return "\n".join([*lines, ""]), macros


def _bits(expression: str, ranges: dict[str, tuple[int, int] | None]) -> list[str]:
    """The single bits of names, parts of names and constants, the highest first."""
    bits: list[str] = []
    position = 0
    while position < len(expression):
        piece = _PIECE.match(expression, position)
        if piece is None:
            raise ValueError(f"Expression must be names and constants, not {expression!r}")
        position = piece.end()
        size, base, digits, name, high, low = piece.groups()
        if size:
            bits += [f"1'b{bit}" for bit in _constant(int(size), base, digits)]
            continue
        if high is None:
            whole = ranges[name]
            if whole is None:
                bits.append(f"{name} " if name.startswith("\\") else name)
                continue
            first, last = whole
        else:
            first, last = int(high), int(low or high)
        step = 1 if last >= first else -1
        space = " " if name.startswith("\\") else ""
        bits += [f"{name}{space}[{index}]" for index in range(first, last + step, step)]
    return bits


def _constant(size: int, base: str, digits: str) -> str:
    width = {"h": 4, "b": 1}.get(base)
    if width is None:
        return f"{int(digits):0{size}b}"
    bits = "".join(
        f"{int(digit, 16):0{width}b}" if digit.lower() not in "xz" else digit.lower() * width
        for digit in digits
    )
    return bits.zfill(size)[-size:]
