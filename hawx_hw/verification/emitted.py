"""Compares Verilog with a new emission of the same design, byte for byte.

What is simulated is executed. Records beside the Verilog may have been changed with it; the design
and this program say what it must be.
"""

from __future__ import annotations

from pathlib import Path

from hawx_hw.architectures.base import Plan
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.program import EmitResult
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_bytes
from hawx_hw.util.scratch import scratch_folder

__all__ = ["check_emitted"]


def check_emitted(directory: Path, plan: Plan, emitted: EmitResult) -> None:
    """Compare ``directory/rtl`` with what is emitted for ``plan``.

    Parameters
    ----------
    directory : Path
    plan : Plan
    emitted : EmitResult
        The record beside it: how each block is built, and the config's hash.

    Raises
    ------
    UserError
        A file is missing, or is not what is emitted.
    """
    implementations = {block.table_sha256: block.implementation for block in emitted.blocks}
    for block in plan.blocks:
        stated = implementations.get(block.digest)
        if stated is not None and stated not in block.implementations:
            raise UserError(
                f"This file states that block {block.name} is built as {stated!r:.100}.",
                where=str(directory / EmitResult.FILE),
                hint=f"Remove the folder {directory} and run the command again.",
            )
    with scratch_folder("emit") as scratch:
        emit_accelerator(
            plan,
            scratch,
            config_hash=int(emitted.config_hash, 16),
            implementations=implementations,
            initial_values=emitted.initial_values,
        )
        for expected in sorted((scratch / "rtl").iterdir()):
            path = directory / "rtl" / expected.name
            try:
                same = read_bytes(path) == read_bytes(expected)
            except OSError:
                same = False
            if not same:
                raise UserError(
                    "This file is not what this program emits for the design.",
                    where=str(path),
                    hint=f"Remove the folder {directory} and run the command again.",
                )
