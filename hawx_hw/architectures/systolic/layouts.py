"""Which tensors share one order of channels, and where every layer's filters and taps lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.architectures.common.channels import Layout, channel_groups
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.derivation import derive_pe_blocks
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement, place_group

__all__ = ["Layouts", "lay_out"]


@dataclass(frozen=True, eq=False)
class Layouts:
    """Where everything lies.

    Parameters
    ----------
    pe_blocks : PeBlockMap
    tensors : dict of str to Layout
        Where the channels of each stored tensor lie.
    placements : dict of str to Placement
        Of each layer of the array, by the tensor that it stores.
    """

    pe_blocks: PeBlockMap
    tensors: dict[str, Layout]
    placements: dict[str, Placement]


def lay_out(
    layers: Sequence[Operation],
    image: str,
    channels: int,
    *,
    rows: int,
    columns: int,
    pe_blocks: PeBlockMap | None = None,
) -> Layouts:
    """Place every layer.

    Parameters
    ----------
    layers : sequence of Operation
    image : str
        Name of the network's input, whose channels lie in their natural order.
    channels : int
        Of the input.
    rows, columns : int
        Of the array.
    pe_blocks : PeBlockMap or None
        The PE block map, or None to derive one from the layers' blocks.

    Raises
    ------
    UserError
        No PEs of the PE block map can serve the assignment.
    """
    if pe_blocks is not None and (pe_blocks.rows, pe_blocks.columns) != (rows, columns):
        raise ValueError(
            f"PE block map must be {rows} x {columns}, not {pe_blocks.rows} x {pe_blocks.columns}"
        )
    groups = channel_groups(layers, image)
    by_name = {layer.name: layer for layer in layers}
    array = {
        root: [by_name[name] for name in names if name in by_name and by_name[name].multiplies]
        for root, names in groups.items()
    }
    if pe_blocks is None:
        heaviest = sorted(
            ((group, image in groups[root]) for root, group in array.items() if group),
            key=lambda entry: -sum(layer.macs for layer in entry[0]),
        )
        pe_blocks = derive_pe_blocks(heaviest, rows, columns)
    tensors: dict[str, Layout] = {}
    placements: dict[str, Placement] = {}
    for root, names in groups.items():
        layout = Layout.natural(channels)
        if array[root]:
            placed, _ = place_group(array[root], pe_blocks, fixed=image in names)
            for layer, placement in zip(array[root], placed, strict=True):
                placements[layer.name] = placement
            if image not in names:
                layout = placed[0].layout
        tensors |= dict.fromkeys(names, layout)
    return Layouts(pe_blocks, tensors, placements)
