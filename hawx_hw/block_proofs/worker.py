"""Compares circuits in a process of its own: ``python -m hawx_hw.block_proofs.worker JOB``.

Yosys reads two modules, joins them in a miter, and writes it as an and-inverter graph. ABC builds
the miter's BDD, which is the constant zero if and only if the modules are equal. On two different
8 x 8 multipliers that takes a quarter of a second, where SAT takes half a minute.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from hawx_hw.util.files import read_text
from hawx_hw.util.processes import run
from hawx_hw.util.quoting import yosys_word
from hawx_hw.util.yosys_library import load_yosys

__all__ = ["main"]

_PROOF_SECONDS = 1800.0
#: Without reordering of variables: a BDD of 16 inputs cannot grow large.
_PROVE = "read_aiger miter.aig; collapse -r; strash; sat; write_cex -n counterexample.txt"
_BIT = re.compile(r"^in_([ab])\[(\d)\]=([01])$", re.MULTILINE)
_VALUE = re.compile(r"Eval result: \\product = \d+'([01]+)\.")


def main(path: str) -> None:
    """Run the job in the file ``path``.

    The job names, relative to that file, the Verilog ``sources``, the ``pairs`` of modules to
    compare and the file for the ``verdicts``. For each pair that gets None where the two are equal,
    ``{"undefined": module}``, or the operands ``a`` and ``b`` of a difference with what the two put
    out, all as unsigned numbers.
    """
    libyosys = load_yosys(Path(path).parent)

    job = json.loads(read_text(Path(path)))
    # The names of all files are then plain words, to Yosys and to ABC.
    os.chdir(Path(path).parent)
    comparison = _Comparison(libyosys.Design(), job["sources"])
    verdicts = [comparison.verdict(first, second) for first, second in job["pairs"]]
    Path(job["verdicts"]).write_text(json.dumps(verdicts), "utf-8")


class _Comparison:
    """Circuits as flat gates.

    Each bit that is undefined or not driven becomes an input of its own: a miter is zero only if
    none of them matters.
    """

    def __init__(self, design: Any, sources: list[str]):
        self._design = design
        self._abc = _find_abc()
        self._run(
            f"read_verilog {' '.join(map(yosys_word, sources))}",
            *("hierarchy -check", "proc", "flatten", "opt_clean -purge"),
            *("setundef -undriven -anyseq", "opt_clean -purge", "techmap", "setundef -anyseq"),
            *("opt -fast", "design -save circuits"),
        )

    def _run(self, *commands: str) -> None:
        for command in commands:
            self._design.run_pass(command)

    def verdict(self, first: str, second: str) -> dict[str, Any] | None:
        self._run(
            "design -reset",
            f"design -copy-from circuits -as first {yosys_word(first)}",
            f"design -copy-from circuits -as second {yosys_word(second)}",
            "miter -equiv first second miter",
            "hierarchy -top miter",
            *("flatten", "simplemap", "aigmap", "opt_clean"),
            "write_aiger -symbols miter.aig",
        )
        operands = self._difference()
        if operands is None:
            return None
        self._run("design -load circuits")
        products = [self._product(module, *operands) for module in (first, second)]
        for module, product in zip((first, second), products, strict=True):
            if product is None:
                return {"undefined": module}
        return dict(zip(("a", "b", "first", "second"), (*operands, *products), strict=True))

    def _difference(self) -> tuple[int, int] | None:
        done = run([self._abc, "-s", "-c", _PROVE], tool="ABC", limit=_PROOF_SECONDS)
        if re.search(r"^UNSATISFIABLE\b", done.output, re.MULTILINE):
            return None
        if not re.search(r"^SATISFIABLE\b", done.output, re.MULTILINE):
            raise RuntimeError(f"ABC came to no verdict:\n{done.output}")
        operands = {"a": 0, "b": 0}
        for name, bit, value in _BIT.findall(read_text(Path("counterexample.txt"))):
            operands[name] |= int(value) << int(bit)
        return operands["a"], operands["b"]

    def _product(self, module: str, a: int, b: int) -> int | None:
        """What a circuit puts out; None where that is undefined."""
        report = Path("product.txt")
        operands = f"-set a 8'd{a} -set b 8'd{b}"
        self._run(f"tee -q -o {report} eval {operands} -show product {yosys_word(module)}")
        value = _VALUE.search(read_text(report))
        return None if value is None else int(value[1], 2)


def _find_abc() -> str:
    import pyosys

    beside = Path(pyosys.__file__).parent / "yosys-abc"
    path = str(beside) if beside.is_file() else shutil.which("yosys-abc")
    if path is None:
        raise RuntimeError("ABC is missing, which comes with Yosys")
    return path


if __name__ == "__main__":
    main(sys.argv[1])
