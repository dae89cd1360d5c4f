"""Blocks by name: families with parameters, aliases, imported blocks and Python blocks."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.blocks.user.python_block import load_python_block
from hawx_hw.errors import UserError, shown

__all__ = ["FAMILIES", "by_name", "distinct_blocks"]

#: Module and class of each family; imported when first used.
FAMILIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "exact": ("hawx_hw.blocks.families.exact", "Exact"),
        "none": ("hawx_hw.blocks.families.none", "Skipped"),
        "array": ("hawx_hw.blocks.families.array", "Array"),
        "mask": ("hawx_hw.blocks.families.mask", "Mask"),
        "precision": ("hawx_hw.blocks.families.lower_precision", "Precision"),
        "truncation": ("hawx_hw.blocks.families.lower_precision", "Truncation"),
        "rounding": ("hawx_hw.blocks.families.lower_precision", "Rounding"),
        "broken_array": ("hawx_hw.blocks.families.broken_array", "BrokenArray"),
        "ubroken_array": ("hawx_hw.blocks.families.broken_array", "UnsignedBrokenArray"),
        "constant_correction": ("hawx_hw.blocks.families.column_truncation", "ConstantCorrection"),
        "variable_correction": ("hawx_hw.blocks.families.column_truncation", "VariableCorrection"),
        "perforation": ("hawx_hw.blocks.families.perforation", "Perforation"),
        "booth_perforation": ("hawx_hw.blocks.families.perforation", "BoothPerforation"),
        "roup": ("hawx_hw.blocks.families.roup", "Roup"),
        "roupa": ("hawx_hw.blocks.families.roup", "AsymmetricRoup"),
        "rad": ("hawx_hw.blocks.families.rad", "Rad"),
        "drum": ("hawx_hw.blocks.families.drum", "Drum"),
        "udrum": ("hawx_hw.blocks.families.drum", "UnsignedDrum"),
        "dsm": ("hawx_hw.blocks.families.dsm", "Dsm"),
        "udsm": ("hawx_hw.blocks.families.dsm", "UnsignedDsm"),
        "ssm": ("hawx_hw.blocks.families.ssm", "Ssm"),
        "ussm": ("hawx_hw.blocks.families.ssm", "UnsignedSsm"),
        "compressor": ("hawx_hw.blocks.families.compressor", "Compressor"),
        "ucompressor": ("hawx_hw.blocks.families.compressor", "UnsignedCompressor"),
        "loa": ("hawx_hw.blocks.families.loa", "Loa"),
        "uloa": ("hawx_hw.blocks.families.loa", "UnsignedLoa"),
        "mitchell": ("hawx_hw.blocks.families.mitchell", "Mitchell"),
        "umitchell": ("hawx_hw.blocks.families.mitchell", "UnsignedMitchell"),
        "roba": ("hawx_hw.blocks.families.roba", "Roba"),
        "uroba": ("hawx_hw.blocks.families.roba", "UnsignedRoba"),
        "asroba": ("hawx_hw.blocks.families.roba", "ApproximateSignRoba"),
        "kulkarni": ("hawx_hw.blocks.families.kulkarni", "Kulkarni"),
        "ukulkarni": ("hawx_hw.blocks.families.kulkarni", "UnsignedKulkarni"),
        "or_columns": ("hawx_hw.blocks.families.or_columns", "OrColumns"),
        "uor_columns": ("hawx_hw.blocks.families.or_columns", "UnsignedOrColumns"),
    }
)

#: A parameter's value: a number, or the bits of a mask in hexadecimal.
_VALUE = re.compile(r"\s*(?:(?P<bits>0x[0-9a-fA-F]{1,16})|(?P<number>[+-]?\d{1,9}))\s*")
_NAME = re.compile(r"(?P<family>[a-z]\w*)\s*(?:\((?P<parameters>[^()]*)\))?")


def by_name(name: str, folder: Path | None = None) -> Block:
    """The block of a name.

    A name is one of

    - a family with its parameters: ``exact``, ``array(ha=1,hb=0,v=4)`` or ``array(1, 0, 4)``,
      ``mask(0xfcfcfcf8f0e0)``;
    - a signed multiplier of EvoApproxLib with its branch: ``mul8s_1KV8@v2022``;
    - ``import:NAME``, or ``import:`` and eight or more digits of its digest: an imported block;
    - ``python:module:object``: a block that the user wrote.

    Parameters
    ----------
    name : str
    folder : Path or None
        Where the modules of ``python:`` blocks are searched first, before the current folder.

    Raises
    ------
    UserError
        There is no such block, its parameters are wrong, or the name stands for several.
    """
    name = name.strip()
    if name.startswith("python:"):
        return load_python_block(name, folder)
    if name.startswith("import:"):
        return ImportStore().load(name.removeprefix("import:"))
    if name.startswith("mul8s_"):
        from hawx_hw.blocks.evoapprox import resolve

        published = resolve(name)
        if published is not None:
            return published
    match = _NAME.fullmatch(name)
    if match is None or match["family"] not in FAMILIES:
        raise UserError(f"Unknown block {shown(name)}", hint=_known(name))
    module, kind = FAMILIES[match["family"]]
    family: type[Block] = getattr(importlib.import_module(module), kind)
    return _instance(family, name, match["parameters"] or "")


def distinct_blocks(names: Iterable[str], folder: Path | None = None) -> list[Block]:
    """The blocks of some names, the first name of each table.

    Parameters
    ----------
    names : iterable of str
    folder : Path or None
        See :func:`by_name`.

    Raises
    ------
    UserError
        See :func:`by_name`.
    """
    distinct: dict[str, Block] = {}
    for name in names:
        block = by_name(name, folder)
        distinct.setdefault(block.digest, block)
    return list(distinct.values())


def _known(name: str) -> str:
    if name.count("(") != name.count(")"):
        # YAML's [a(x=1,y=2)] is a list of two texts.
        return "Close its parenthesis. In a list in brackets, quote a name that has a comma."
    close = difflib.get_close_matches(name.partition("(")[0], FAMILIES, n=3)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    return f"{hint}The families are: {', '.join(sorted(FAMILIES))}."


def _instance(family: type[Block], name: str, text: str) -> Block:
    fields = [f.name for f in dataclasses.fields(family)]  # type: ignore[arg-type]
    usage = f"{family.family}({', '.join(f'{field}=..' for field in fields)})"
    values: dict[str, int] = {}
    for position, part in enumerate(text.split(",") if text.strip() else ()):
        key, _, value = part.rpartition("=")
        key = key.strip() or (fields[position] if position < len(fields) else "")
        parsed = _VALUE.fullmatch(value)
        if key not in fields or key in values or parsed is None:
            raise UserError(
                f"Wrong parameter {shown(part.strip())} of block {shown(name)}",
                hint=f"Write {usage}.",
            )
        values[key] = int(parsed["bits"] or parsed["number"], 16 if parsed["bits"] else 10)
    try:
        return family(**values)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"Wrong parameters of block {shown(name)}: {error}", hint=f"Write {usage}."
        ) from error
