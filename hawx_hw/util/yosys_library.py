"""Yosys as a library of the process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hawx_hw.util.plain_paths import is_plain, plain_path

__all__ = ["load_yosys"]


def load_yosys(folder: Path) -> Any:
    """The module ``libyosys``, which reads its own files through plain paths.

    Yosys takes a quote or the end of a line in the path of its cells' Verilog for the end of that
    path, and gives the path of ABC to a shell.

    Parameters
    ----------
    folder : Path
        Gets a link where the path of the installation is not plain; has a plain path, and lasts as
        long as the process.
    """
    import pyosys

    package = Path(pyosys.__file__).parent.absolute()
    if not is_plain(package):
        plain = plain_path(package, folder)
        for variable, path in (
            ("_pyosys_share_dirname", f"{plain / 'share'}/"),
            ("_pyosys_abc", str(plain / "yosys-abc")),
        ):
            # The package sets those of files that it has.
            if hasattr(sys, variable):
                setattr(sys, variable, path)
    from pyosys import libyosys

    return libyosys
