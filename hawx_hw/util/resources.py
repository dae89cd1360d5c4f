"""Folders that are not Python: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

__all__ = ["configs", "docs", "flows", "fpga_templates", "rtl_templates", "sim"]

_PACKAGE = Path(__file__).resolve().parents[1]


def rtl_templates() -> Path:
    """Folder of the Verilog that wraps the generated core."""
    return _folder("rtl_templates")


def fpga_templates() -> Path:
    """Folder of the Verilog that puts an accelerator on a board."""
    return rtl_templates() / "fpga"


def sim() -> Path:
    """Folder of the cocotb testbenches."""
    return _folder("sim")


def configs() -> Path:
    """Folder of the configs that ``CONFIG=name.yaml`` finds."""
    return _folder("configs")


def docs() -> Path:
    """Folder of the documentation; of an installed package it holds the glossary alone."""
    return _folder("docs")


def flows() -> Path:
    """Folder of the flows: one folder a tool, with its options, templates and data."""
    return _folder("flows")


def _folder(name: str) -> Path:
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"The installation of hawx_hw lacks its folder {name!r}")
