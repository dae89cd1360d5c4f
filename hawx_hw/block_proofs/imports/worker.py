"""Reads a user's Verilog in a process of its own.

It is run as ``python -m hawx_hw.block_proofs.imports.worker JOB.json``. Yosys ends its process on
an error, which is why it does not run in that of the caller.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hawx_hw.block_proofs.imports.flat_module import FlatModule
from hawx_hw.block_proofs.imports.ports import Roles, find_roles
from hawx_hw.block_proofs.imports.preprocess import Source, preprocess
from hawx_hw.block_proofs.imports.words import check_words, lexed
from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text
from hawx_hw.util.yosys_library import load_yosys

__all__ = ["main"]

_SIGNED = re.compile(r"^(  (?:input|output|wire|reg)) signed ", re.MULTILINE)
_LIBERTY = "cells.lib"
_READ_LIBERTY = f"read_liberty -overwrite -ignore_miss_func {_LIBERTY}"


def main(path: str) -> None:
    """Run the job in the file ``path``.

    It names the ``files``, each as errors name it and by its absolute path, the ``module``, its
    ``parameters``, macros as ``defines``, the ``liberty`` file of its cells or None with the names
    of these ``cells``, the ports ``requested`` by role, the ``name`` of the netlist's module and
    the bytes of ``memory`` that the process may use.
    Beside it appear ``source.json`` with the text that all tools read, ``netlist.v``, ``cells.v``
    with Verilog of the liberty file, and ``result.json`` with the ``roles``, the ``ports``,
    ``where`` the module is and whether something may be ``undefined``, or with the ``error``.
    """
    libyosys = load_yosys(Path(path).parent)

    job = json.loads(read_text(Path(path)))
    _limit_memory(job["memory"])
    # The names of all files are then plain words.
    os.chdir(Path(path).parent)
    try:
        files = [(shown, Path(absolute)) for shown, absolute in job["files"]]
        source = preprocess(
            files,
            job["module"],
            parameters=job["parameters"],
            defines=job["defines"],
            cells=job["cells"],
        )
        Path("source.json").write_text(json.dumps(asdict(source)), "utf-8")
        if job["liberty"] is not None:
            _write_cells(libyosys.Design(), job["liberty"])
        result = _normalize(libyosys.Design(), job, source)
    except UserError as error:
        result = {"error": {"what": error.what, "where": error.where, "hint": error.hint}}
    Path("result.json").write_text(json.dumps(result), "utf-8")


def _limit_memory(size: int) -> None:
    """End this process, and no other, where a macro or a loop of the user's is written out."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = size if most == resource.RLIM_INFINITY else min(size, most)
    # Not every system has such a limit.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _write_cells(design: Any, liberty: str) -> None:
    for command in (_READ_LIBERTY, "proc -noopt", "write_verilog -noattr cells.v"):
        design.run_pass(command)
    check_words(lexed(read_text(Path("cells.v")), liberty))


def _normalize(design: Any, job: dict[str, Any], source: Source) -> dict[str, Any]:
    module = source.top
    file = f"source{'.sv' if source.systemverilog else '.v'}"
    Path(file).write_text(source.text, "utf-8")
    design.run_pass(f"read_verilog {'-sv ' if source.systemverilog else ''}{file}")
    if job["liberty"] is not None:
        design.run_pass(_READ_LIBERTY)
    # The gates stay what they are, in one module instead of many: no name of the user's modules can
    # then clash with one of another import.
    for command in (f"hierarchy -check -top {module}", "proc -noopt -norom", "write_json top.json"):
        design.run_pass(command)
    flat = FlatModule(module, source)
    where = flat.place()
    ports = flat.ports()
    # The user's names, and then those in the text.
    listed = [replace(port, name=source.renamed.get(port.name, port.name)) for port in ports]
    roles = find_roles(listed, job["requested"], where)
    own = {user.name: port.name for user, port in zip(listed, ports, strict=True)}
    roles = Roles(*(own[name] for name in (roles.a, roles.b, roles.product)))
    for command in (
        "flatten -noscopeinfo",
        "tee -q -o check.txt check",
        *(
            # Plain words, which find_roles has checked.
            f"delete -port {module}/{port.name}"
            for port in ports
            if port.direction == "output" and port.name != roles.product
        ),
        "pmuxtree",
        "opt_clean -purge",
        "write_json top.json",
    ):
        design.run_pass(command)
    flat.check_cells()
    flat.check_drivers()
    design.run_pass("setundef -undriven -undef")
    design.run_pass("write_json top.json")
    undefined = flat.undefined(roles.product)
    mixed = flat.mixes_signs()
    # Undefined bits, which are then known not to reach the product, must not become anything that
    # a synthesis may choose.
    for command in (
        "setundef -zero",
        f"rename {module} {job['name']}",
        "write_verilog -noattr netlist.v",
    ):
        design.run_pass(command)
    text = read_text(Path("netlist.v"))
    check_words(lexed(text, where))
    if mixed:
        # What has a sign is written as $signed(...), whatever its declaration is.
        Path("netlist.v").write_text(_SIGNED.sub(r"\1 ", text), "utf-8")
    return {
        "where": where,
        "roles": roles.as_dict(),
        "ports": [vars(port) for port in ports],
        "undefined": undefined,
    }


if __name__ == "__main__":
    main(sys.argv[1])
