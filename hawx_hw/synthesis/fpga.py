"""Synthesizes Verilog for an FPGA family: look-up tables, carries, multipliers, memories."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import metadata
from threading import Lock
from typing import TYPE_CHECKING, Any

from hawx_hw.synthesis.fpga_worker import script
from hawx_hw.synthesis.store import Store, entry_key
from hawx_hw.synthesis.yosys import run_yosys
from hawx_hw.technology import FpgaFamily
from hawx_hw.util.code import source_hash
from hawx_hw.util.files import read_text
from hawx_hw.util.scratch import scratch_folder

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["FpgaMetrics", "synthesize_fpga", "synthesize_fpga_all"]

_KIND = "fpga"
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
#: Kinds of cells, by family. A carry cell of the ECP5 takes two look-up tables' places, and a
#: distributed memory four.
_LUTS = {
    "ecp5": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4},
    "ice40": {"SB_LUT4": 1},
}
_CARRIES = {"ecp5": ("CCU2C",), "ice40": ("SB_CARRY",)}
_DSPS = {"ecp5": ("MULT18X18D", "ALU54B"), "ice40": ("SB_MAC16",)}
_MEMORIES = {
    "ecp5": ("DP16KD", "PDPW16KD"),
    "ice40": ("SB_RAM40_4K", "SB_RAM40_4KNR", "SB_RAM40_4KNW", "SB_RAM40_4KNRNW"),
}
_FLIP_FLOPS = {"ecp5": "TRELLIS_FF", "ice40": "SB_DFF"}


@dataclass(frozen=True)
class FpgaMetrics:
    """Resources of a design on an FPGA; Yosys's count, before place and route.

    Parameters
    ----------
    luts : int
        Look-up tables of four inputs; on the ECP5 those that carries and small memories occupy
        are among them.
    carries : int
        Carry cells; one of the ECP5 is two bits, one of the iCE40 one.
    flip_flops : int
    dsps : int
        Multipliers.
    block_rams : int
    cells : dict of str to int
        All cells by kind.
    key : str
        Key of the run in the store.
    """

    luts: int
    carries: int
    flip_flops: int
    dsps: int
    block_rams: int
    cells: dict[str, int]
    key: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def synthesize_fpga(
    sources: Mapping[str, str],
    top: str,
    family: FpgaFamily,
    *,
    dsp: bool = True,
    store: Store | None = None,
    timeout: float = 600.0,
) -> FpgaMetrics:
    """Synthesize a design with Yosys's command of the family.

    Parameters
    ----------
    sources : mapping of str to str
        Text of each Verilog file by its name; memories that need a file are not for this.
    top : str
    family : FpgaFamily
    dsp : bool
        Whether multipliers may be used.
    store : Store or None
        Where runs are kept.
    timeout : float
        Seconds.

    Raises
    ------
    ValueError
        There are no sources, or ``top`` is no plain name.
    UserError
        Yosys is missing, refused the design or took too long.
    """
    if not sources:
        raise ValueError("sources must be at least one file, not none")
    if not _NAME.fullmatch(top):
        raise ValueError(f"top must be a plain name, not {top!r}")
    commands = script(family.family, top, len(sources), dsp=dsp)
    inputs = {
        "sources": list(sources.values()),
        "script": commands,
        "pyosys": metadata.version("pyosys"),
        "code": source_hash("hawx_hw.synthesis.fpga_worker"),
    }
    key = entry_key(_KIND, inputs)
    cells = None if store is None else store.get(key, _KIND, dict[str, int])
    if cells is None:
        cells = dict(sorted(_cells(list(sources.values()), commands, top, timeout).items()))
        if store is not None:
            store.put(_KIND, inputs, cells, {"pyosys": metadata.version("pyosys")})
    return _metrics(family.family, cells, key)


def synthesize_fpga_all(
    designs: Sequence[tuple[Mapping[str, str], str, bool]],
    family: FpgaFamily,
    *,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> list[FpgaMetrics]:
    """:func:`synthesize_fpga` of many designs: sources, top, and whether with multipliers.

    Raises
    ------
    ValueError
        ``jobs`` is not positive.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs!r}")
    done = 0
    lock = Lock()

    def one(design: tuple[Mapping[str, str], str, bool]) -> FpgaMetrics:
        nonlocal done
        sources, top, dsp = design
        metrics = synthesize_fpga(sources, top, family, dsp=dsp, store=store)
        # Two that end at once are still reported one after the other.
        with lock:
            done += 1
            if progress is not None:
                progress(done, len(designs))
        return metrics

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, designs))


def _cells(
    sources: Sequence[str], commands: Sequence[str], top: str, timeout: float
) -> Counter[str]:
    with scratch_folder("fpga") as scratch:
        for number, text in enumerate(sources):
            (scratch / f"{number}.v").write_text(text, "utf-8")
        run_yosys(
            {"script": list(commands)}, scratch, timeout, worker="hawx_hw.synthesis.fpga_worker"
        )
        module = json.loads(read_text(scratch / "netlist.json"))["modules"][top]
        return Counter(cell["type"] for cell in module["cells"].values())


def _metrics(family: str, cells: Mapping[str, int], key: str) -> FpgaMetrics:
    return FpgaMetrics(
        sum(cells.get(kind, 0) * luts for kind, luts in _LUTS[family].items()),
        sum(cells.get(kind, 0) for kind in _CARRIES[family]),
        sum(number for kind, number in cells.items() if kind.startswith(_FLIP_FLOPS[family])),
        sum(cells.get(kind, 0) for kind in _DSPS[family]),
        sum(cells.get(kind, 0) for kind in _MEMORIES[family]),
        dict(cells),
        key,
    )
