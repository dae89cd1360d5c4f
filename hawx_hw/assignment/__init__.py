"""From rules to the block of every weight, and the way of that to a file and back."""

from hawx_hw.assignment.rules import assign
from hawx_hw.assignment.storage import from_json, to_json

__all__ = ["assign", "from_json", "to_json"]
