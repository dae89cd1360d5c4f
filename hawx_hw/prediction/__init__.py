"""Area, power and longest path of designs from their descriptions, without synthesis."""

from hawx_hw.architectures.systolic.features import DesignDescription, describe
from hawx_hw.characterization.block_table import BlockFigures, BlockTable

__all__ = ["BlockFigures", "BlockTable", "DesignDescription", "describe"]
