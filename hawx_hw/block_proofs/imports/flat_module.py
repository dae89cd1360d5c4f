"""The flat module that Yosys made of a user's Verilog: its ports, and whether it is plain logic."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hawx_hw.block_proofs.imports.ports import DeclaredPort
from hawx_hw.block_proofs.imports.preprocess import Source
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text

__all__ = ["FlatModule"]

#: Cells whose outputs follow their inputs, and are defined where these are.
_COMBINATIONAL = re.compile(
    r"\$(not|pos|neg|buf|and|or|xor|xnor|reduce_\w+|logic_\w+|shl|shr|sshl|sshr|shift|lt|le|eq|ne|ge|gt"
    r"|eqx|nex|add|sub|mul|mux|bmux|demux|lut|sop|macc|macc_v2|alu|fa|lcu|concat|slice"
    r"|_(BUF|NOT|AND|NAND|OR|NOR|XOR|XNOR|ANDNOT|ORNOT|MUX|NMUX|AOI3|OAI3|AOI4|OAI4)_)"
)
#: Those that are undefined for some inputs.
_PARTIAL = re.compile(r"\$(div|mod|divfloor|modfloor|pow|shiftx)")
_SHIFT = re.compile(r"\$(s?sh[lr]|shiftx?)")
_STORAGE = (("latch", "a latch"), ("mem", "a memory"), ("ff", "a register"), ("sr", "a register"))
_WARNING = re.compile(r"^Warning: (.*?)(?=^Warning: |\Z)", re.MULTILINE | re.DOTALL)
_SOURCE = re.compile(r"source\.s?v:(\d+)")


class FlatModule:
    """The module as Yosys last wrote it into ``top.json``.

    Parameters
    ----------
    module : str
    source : Source
        The text that Yosys read.
    """

    def __init__(self, module: str, source: Source):
        self._module = module
        self._source = source

    def _top(self) -> dict[str, Any]:
        text = read_text(Path("top.json"))
        top: dict[str, Any] = json.loads(text)["modules"][self._module]
        return top

    def place(self, attributes: Mapping[str, Any] | None = None) -> str:
        """Where something was written, by the attributes that Yosys gave it, or the module."""
        for known in (attributes or {}, self._top()["attributes"]):
            match = _SOURCE.match(known.get("src", ""))
            if match is not None:
                name = self._source.renamed.get(self._module, self._module)
                return f"{self._source.place(int(match[1]))}: module {name}"
        raise RuntimeError(f"Yosys did not note where {self._module} is")

    def ports(self) -> list[DeclaredPort]:
        """The ports, by their names in the text."""
        return [
            DeclaredPort(name, port["direction"], len(port["bits"]), bool(port.get("signed")))
            for name, port in self._top()["ports"].items()
        ]

    def check_cells(self) -> None:
        """Refuse what is no plain logic."""
        top = self._top()
        bits = [port["bits"] for port in top["ports"].values()]
        bits += [bits for cell in top["cells"].values() for bits in cell["connections"].values()]
        if any("z" in nets for nets in bits):
            places = [
                cell["attributes"]
                for cell in top["cells"].values()
                if any("z" in nets for nets in cell["connections"].values())
            ]
            places += [net["attributes"] for net in top["netnames"].values() if "z" in net["bits"]]
            raise UserError(
                "The module uses high impedance",
                where=self.place(places[0] if places else {}),
                hint="A block must be plain logic.",
            )
        for cell in top["cells"].values():
            kind = cell["type"]
            if _COMBINATIONAL.fullmatch(kind) or _PARTIAL.fullmatch(kind):
                continue
            storage = next((text for part, text in _STORAGE if part in kind.lower()), None)
            if storage is None:
                raise UserError(
                    f"The module holds a cell {kind}, which is no logic",
                    where=self.place(cell["attributes"]),
                    hint="A block must be plain combinational logic.",
                )
            bits = cell["connections"].get("Q", [])
            names = [name for name, net in top["netnames"].items() if set(net["bits"]) & set(bits)]
            names = [
                self._source.renamed.get(name, name) for name in names if not name.startswith("$")
            ]
            raise UserError(
                f"The module holds {storage}{f' for {names[0]}' if names else ''}",
                where=self.place(cell["attributes"]),
                hint="A block must be combinational; an always block must assign its outputs on "
                "every path. The hardware has an optional register after the block.",
            )

    def check_drivers(self) -> None:
        """Refuse two drivers of a bit, and loops."""
        for warning in _WARNING.findall(read_text(Path("check.txt"))):
            what, _, rest = warning.partition("\n")
            for text, problem in (
                ("conflicting", "Two drivers meet"),
                ("multiple drivers", "Two drivers meet"),
                ("loop", "Gates form a loop"),
            ):
                if text in what:
                    source = _SOURCE.search(rest)
                    raise UserError(
                        f"{problem}: {what.strip().rstrip(':')}",
                        where=self.place({"src": source[0] if source else ""}),
                        hint="A block must be plain combinational logic.",
                    )

    def undefined(self, product: str) -> bool:
        """Whether there is something undefined inside, which may reach the product or not."""
        top = self._top()
        bits = top["ports"][product]["bits"]
        if "x" in bits:
            raise UserError(
                f"Bit {bits.index('x')} of {self._source.renamed.get(product, product)} is "
                "undefined or not driven",
                where=self.place(top["netnames"][product]["attributes"]),
                hint="Every bit of the product must be driven for all operands.",
            )
        inside = [
            bit for cell in top["cells"].values() for c in cell["connections"].values() for bit in c
        ]
        return "x" in inside or any(
            _PARTIAL.fullmatch(cell["type"]) for cell in top["cells"].values()
        )

    def mixes_signs(self) -> bool:
        """Whether an operation on bits without a sign has only nets with a sign as operands.

        Yosys writes such an operation as if its operands were declared without, but declares them
        with: what it wrote is another circuit.
        """
        top = self._top()
        signed = {tuple(net["bits"]) for net in top["netnames"].values() if net.get("signed")}
        for cell in top["cells"].values():
            # By how many places is shifted has no part in the sign.
            names = "A" if _SHIFT.fullmatch(cell["type"]) else "AB"
            operands = {
                name: tuple(bits) for name, bits in cell["connections"].items() if name in names
            }
            unsigned = [
                name for name in operands if _is_zero(cell["parameters"].get(f"{name}_SIGNED"))
            ]
            if unsigned and all(bits in signed for bits in operands.values()):
                return True
        return False


def _is_zero(value: object) -> bool:
    """Whether a parameter, which Yosys writes as a number or as bits, is 0."""
    return value is not None and int(str(value), 2) == 0
