"""Verilog of blocks by themselves, to prove and to measure them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.errors import UserError
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.names import BLOCK
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.util.files import write_text
from hawx_hw.util.fingerprints import json_hash

__all__ = [
    "BlockVerilog",
    "block_files",
    "implementation_verilog",
    "registered",
    "specification_verilog",
]

_CELL = re.compile(r"^\s*cell \\(\S+) ", re.MULTILINE)
_MODULE = re.compile(r"^module \\(\S+)$", re.MULTILINE)


_REGISTERED = """\
module {top}(
    input clk,
    input signed [7:0] a,
    input signed [7:0] b,
    output reg signed [{high}:0] product
);
    wire signed [{high}:0] wires;
    {block} multiplier(.a(a), .b(b), .product(wires));
    always @(posedge clk) product <= wires;
endmodule
"""


@dataclass(frozen=True)
class BlockVerilog:
    """A block as Verilog; ports ``a``, ``b`` and ``product``.

    Parameters
    ----------
    top : str
        Name of the module.
    product_bits : int
        Width of the product.
    files : mapping of str to str
        Text of each Verilog file by its name, parts before the whole.
    """

    top: str
    product_bits: int
    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of the Verilog and the name of the top; the order of the files does not count."""
        return json_hash({"top": self.top, "files": dict(self.files)})

    def write(self, folder: Path) -> list[Path]:
        """Write the files into ``folder``; returns their paths."""
        for name, text in self.files.items():
            write_text(folder / name, text)
        return [folder / name for name in self.files]


def block_files(blocks: Iterable[Block]) -> dict[str, str]:
    """The Verilog that some blocks instantiate, by file name; blocks may share a file.

    Raises
    ------
    UserError
        Two blocks have one name in Verilog, or different files of one name.
    """
    files: dict[str, str] = {}
    names: dict[str, str] = {}
    for block in blocks:
        other = names.setdefault(block.identifier, block.name)
        if other != block.name:
            raise UserError(
                f"{other} has the same name in Verilog, {BLOCK}{block.identifier}",
                where=block.name,
                hint="Rename the module or the object of one of them.",
            )
        for name, text in block.sources.items():
            if files.setdefault(name, text) != text:
                raise UserError(
                    f"Another block has another file {name}",
                    where=block.name,
                    hint="Rename the file and its modules in one of them.",
                )
    return files


def implementation_verilog(pairs: Sequence[tuple[Block, str]]) -> list[BlockVerilog]:
    """Each block in the implementation named with it, written in one go.

    Raises
    ------
    ValueError
        There is no such implementation.
    UserError
        See :func:`block_files`.
    """
    block_files(block for block, _ in pairs)
    return _written(
        (f"{BLOCK}{block.identifier}_{implementation}", block, block.component(implementation))
        for block, implementation in pairs
    )


def registered(block: BlockVerilog) -> BlockVerilog:
    """A block with the register that follows it in a multiplier of the accelerator.

    It has the port ``clk`` besides, and ``product`` is that of the cycle before. The module of the
    block itself stays as it is.
    """
    top = f"{block.top}_registered"
    text = _REGISTERED.format(top=top, block=block.top, high=block.product_bits - 1)
    return BlockVerilog(top, block.product_bits, {**block.files, f"{top}.v": text})


def specification_verilog(blocks: Sequence[Block]) -> list[BlockVerilog | None]:
    """The specification of each block, None where it has none."""
    components = [(block, block.specification()) for block in blocks]
    texts = iter(
        _written(
            (f"hawx_specification_{block.identifier}", block, component)
            for block, component in components
            if component is not None
        )
    )
    return [None if component is None else next(texts) for _, component in components]


def _written(kinds: Iterable[tuple[str, Block, BlockComponent]]) -> list[BlockVerilog]:
    emission = Emission()
    described = []
    for name, block, component in kinds:
        emission.define(name, component)
        described.append((name, component.signature.product_bits, block.sources))
    if not described:
        return []
    texts = verilog_modules(emission)
    return [
        BlockVerilog(
            name,
            bits,
            {**sources, **{f"{part}.v": texts[part] for part in _parts(emission, name)}},
        )
        for name, bits, sources in described
    ]


def _parts(emission: Emission, top: str) -> list[str]:
    """The modules that ``top`` is made of, parts before the whole."""
    parts: dict[str, None] = {}

    def visit(name: str) -> None:
        text = emission.modules[name]
        for kind in _CELL.findall(text):
            if kind in emission.modules and kind not in parts:
                visit(kind)
        parts.update(dict.fromkeys(_MODULE.findall(text)))

    visit(top)
    return list(parts)
