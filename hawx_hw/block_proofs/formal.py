"""Proves that two descriptions of a block are the same function."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.errors import VerificationError
from hawx_hw.gateware.block_verilog import BlockVerilog
from hawx_hw.synthesis.yosys import run_yosys
from hawx_hw.util.files import read_text
from hawx_hw.util.scratch import scratch_folder

__all__ = ["Difference", "compare"]


@dataclass(frozen=True)
class Difference:
    """Operands for which two circuits differ, and what each puts out.

    Parameters
    ----------
    a, b : int
        Codes in [-128, 127].
    first, second : int
        Products.
    """

    a: int
    b: int
    first: int
    second: int


def compare(
    pairs: Sequence[tuple[BlockVerilog, BlockVerilog]],
    *,
    timeout: float = 1800.0,
) -> list[Difference | None]:
    """Whether the two circuits of each pair have equal products, whatever the operands.

    Yosys reads the Verilog, and ABC builds the BDD of the difference: no table and no simulator
    has a part in it.

    Parameters
    ----------
    pairs : sequence of pairs of BlockVerilog
    timeout : float
        Seconds for all of them.

    Returns
    -------
    list of Difference or None
        For each pair a difference, None where there is none.

    Raises
    ------
    ValueError
        The products of a pair differ in width, or two files have one name and not one text.
    VerificationError
        A circuit has undefined bits.
    UserError
        Yosys is missing, does not accept the Verilog or takes too long.
    """
    if not pairs:
        return []
    files: dict[str, str] = {}
    for first, second in pairs:
        if first.product_bits != second.product_bits:
            raise ValueError(
                f"Products of {first.top} and {second.top} must have one width, "
                f"not {first.product_bits} and {second.product_bits} bits"
            )
        for name, text in (*first.files.items(), *second.files.items()):
            if files.setdefault(name, text) != text:
                raise ValueError(f"Two Verilog files are named {name!r}")
    with scratch_folder("blocks") as folder:
        sources = []
        for number, text in enumerate(files.values()):
            sources.append(f"source_{number}.v")
            (folder / sources[-1]).write_text(text, "utf-8")
        job = {
            "sources": sources,
            "pairs": [[first.top, second.top] for first, second in pairs],
            "verdicts": "verdicts.json",
        }
        run_yosys(job, folder, timeout, worker="hawx_hw.block_proofs.worker")
        answers = json.loads(read_text(folder / "verdicts.json"))
    differences: list[Difference | None] = []
    for (first, _), answer in zip(pairs, answers, strict=True):
        if answer is None:
            differences.append(None)
        elif "undefined" in answer:
            raise VerificationError(f"{answer['undefined']} has undefined bits")
        else:
            differences.append(
                Difference(
                    _signed(answer["a"], 8),
                    _signed(answer["b"], 8),
                    _signed(answer["first"], first.product_bits),
                    _signed(answer["second"], first.product_bits),
                )
            )
    return differences


def _signed(value: int, bits: int) -> int:
    return value - (value >> (bits - 1) << bits)
