"""Assignments of a block to every weight: from the config's rules, and in files."""

from hawx_hw.assignment.rules import assign
from hawx_hw.assignment.storage import from_json, to_json

__all__ = ["assign", "from_json", "to_json"]
