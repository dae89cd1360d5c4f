"""Area, power and longest path of designs from their descriptions, without synthesis."""

from hawx_hw.prediction.block_table import BlockFigures, BlockTable
from hawx_hw.prediction.description import DesignDescription, describe

__all__ = ["BlockFigures", "BlockTable", "DesignDescription", "describe"]
