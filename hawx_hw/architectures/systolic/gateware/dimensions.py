"""Widths and depths of a systolic core, and the structures that its parts exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from amaranth.hdl import Cat, Shape, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.widths import Widths
from hawx_hw.blocks.block import CODE
from hawx_hw.gateware.flows import FlowSignature
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.requantizer import RequantizerFormat

__all__ = ["Dimensions", "select_fields"]


@dataclass(frozen=True)
class Dimensions:
    """What sizes the hardware, taken from a :class:`~hawx_hw.architectures.systolic.plan.Plan`.

    Parameters
    ----------
    array : ArrayShape
    fields : tuple of (str, int, bool)
        Name, bits and signedness of the fields of a program word.
    layers : int
        Words of the program.
    widths : Widths
        Bits of activations, weights, products and partial sums.
    sum_bits, addend_bits, product_bits : int
        Two's complement widths of the array's sums, of the addends, and after the multiplier.
    arena : int
        Words of the activation memory.
    accumulators : int
        Words of an accumulator set.
    coordinate_bits : int
        Two's complement width of input coordinates, padding included.
    weight_words, requantization_words, tap_words : int
        Depths of a weight bank, of the requantization memory, and of a list of taps.
    tap_fields : tuple of (str, int)
        Name and bits of the fields of a list's word.
    selections : int
        Different choices of the blocks that the PEs use.
    pooled : bool
        Whether a layer keeps the largest of several sums or codes.
    result_words : int
        Words of the result.
    """

    array: ArrayShape
    fields: tuple[tuple[str, int, bool], ...]
    layers: int
    widths: Widths
    sum_bits: int
    addend_bits: int
    product_bits: int
    arena: int
    accumulators: int
    coordinate_bits: int
    weight_words: int
    requantization_words: int
    tap_words: int
    tap_fields: tuple[tuple[str, int], ...]
    selections: int
    pooled: bool
    result_words: int

    @classmethod
    def of(cls, plan: Plan) -> Dimensions:
        """The dimensions of the core that runs ``plan``."""
        kernel = max(max(tap.column, tap.row) for row in plan.taps for tap in row)
        reach = max(max(step.width, step.height) for step in plan.steps) + kernel + 2
        last = plan.layers[-1]
        _, height, width = last.output_shape
        taps = plan.tap_format
        return cls(
            array=plan.array,
            fields=plan.format.widths,
            layers=len(plan.steps),
            widths=plan.widths,
            sum_bits=plan.ranges.sum_bits,
            addend_bits=plan.ranges.addend_bits,
            product_bits=plan.ranges.product_bits,
            arena=plan.arena.depth,
            accumulators=max(
                (s.output_tile_pixels + 1 for s in plan.steps if not s.stream), default=1
            ),
            coordinate_bits=reach.bit_length() + 2,
            weight_words=len(plan.weights),
            requantization_words=len(plan.requantization),
            tap_words=len(plan.taps[0]),
            tap_fields=(*asdict(taps).items(), ("live", 1)),
            selections=len(plan.selections),
            pooled=any(step.window and not step.reduce for step in plan.steps),
            result_words=-(-plan.layouts[last.name].size // plan.array.requantizers)
            * height
            * width,
        )

    @property
    def descriptor(self) -> data.StructLayout:
        """A word of the program."""
        return data.StructLayout(
            {name: signed(bits) if sign else unsigned(bits) for name, bits, sign in self.fields}
        )

    def field(self, name: str) -> Shape:
        """Shape of one field of a program word."""
        return Shape.cast(self.descriptor[name].shape)

    def fields_of(self, names: Sequence[str]) -> data.StructLayout:
        """The named fields of a program word, in this order."""
        return data.StructLayout({name: self.field(name) for name in names})

    @property
    def input_fields(self) -> data.StructLayout:
        """What a row feeder needs of a program word."""
        return self.fields_of(("width", "height", "stream", "pad_code"))

    @property
    def rule(self) -> data.StructLayout:
        """What a requantizer needs of a program word."""
        return self.fields_of(("reduce", "shift", "low", "high", "step"))

    @property
    def requantizer(self) -> RequantizerFormat:
        """Widths of a requantizer: the windows of all words of a slice are under way at once."""
        return RequantizerFormat(
            sum_bits=self.sum_bits,
            addend_bits=self.addend_bits,
            product_bits=self.product_bits,
            rule=self.rule,
            windows=self.array.slice_groups,
            pooled=self.pooled,
        )

    @property
    def address(self) -> Shape:
        """Word address in the activation memory."""
        return unsigned(index_width(self.arena))

    @property
    def destination(self) -> Shape:
        """Word address in the activation or in the result memory."""
        return unsigned(index_width(max(self.arena, self.result_words)))

    @property
    def activation(self) -> Shape:
        """A code in the activation memory and in the array, without its unused low bits."""
        return signed(self.widths.activation_bits)

    @property
    def weight(self) -> Shape:
        """A weight, without its unused low bits."""
        return signed(self.widths.weight_bits)

    @property
    def weights(self) -> data.ArrayLayout:
        """A word of a weight bank."""
        return data.ArrayLayout(self.weight, self.array.slice_columns)

    @property
    def codes(self) -> data.ArrayLayout:
        """The codes of one word, whole."""
        return data.ArrayLayout(CODE, self.array.requantizers)

    @property
    def word(self) -> data.ArrayLayout:
        """A word of the activation memory."""
        return data.ArrayLayout(self.activation, self.array.requantizers)

    @property
    def position(self) -> data.StructLayout:
        """Where a kernel's first tap lies on the input."""
        return data.StructLayout(
            {
                "x": signed(self.coordinate_bits),
                "y": signed(self.coordinate_bits),
                "offset": self.address,
            }
        )

    @property
    def tap(self) -> data.StructLayout:
        """A word of a list of taps (:class:`~hawx_hw.architectures.systolic.taps.Tap`)."""
        return data.StructLayout({name: unsigned(bits) for name, bits in self.tap_fields})

    @property
    def running(self) -> wiring.Signature:
        """The layer that runs, and the pulse with which it begins; from the layer sequencer."""
        return wiring.Signature({"begin": Out(1), "layer": Out(self.descriptor)})

    @property
    def tile_weights(self) -> wiring.Signature:
        """The weights of the next tile: loaded, and taken by the tile; from the weight loader."""
        return wiring.Signature({"ready": Out(1), "taken": In(1)})

    @property
    def accumulator_set(self) -> wiring.Signature:
        """One of the two sets of accumulators: chosen, free, and taken; from the tile issuer."""
        return wiring.Signature({"bank": Out(1), "free": In(1), "taken": Out(1)})

    @property
    def fetch(self) -> FlowSignature:
        """What moves down the rows: one output pixel of one tile."""
        return FlowSignature(
            data.StructLayout(
                {
                    "first": 1,  # of the tile
                    "position": self.position,
                    # In the lists of taps; only with ``first``.
                    "tile": unsigned(index_width(self.tap_words)),
                }
            )
        )

    @property
    def accumulate(self) -> FlowSignature:
        """What follows an output pixel through the array to its accumulator."""
        return FlowSignature(
            data.StructLayout(
                {
                    "index": unsigned(index_width(self.accumulators)),
                    "bank": 1,
                    "first_tile": 1,
                    "last": 1,  # the last pixel of an output tile in its last tile
                }
            )
        )

    @property
    def edge(self) -> wiring.Signature:
        """What one slice of the array hands on to the next."""
        rows = self.array.rows
        return wiring.Signature(
            {
                "activations": Out(data.ArrayLayout(self.activation, rows)),
                # One bit a row; see the PE.
                "multiply": Out(rows),
                "add": Out(rows),
                "swap": Out(rows),
                "accumulate": Out(self.accumulate),
            }
        )

    @property
    def load(self) -> FlowSignature:
        """What moves down the weight banks: one word of every bank."""
        return FlowSignature(
            data.StructLayout(
                {
                    "beat": unsigned(index_width(self.array.bank_rows)),
                    "address": unsigned(index_width(self.weight_words)),
                    "select": self.field("select"),
                }
            )
        )

    @property
    def slice_sums(self) -> wiring.Signature:
        """The port through which the sums of a slice are read, seen from the reader."""
        return wiring.Signature(
            {
                "enable": Out(1),
                "bank": Out(1),
                "index": Out(index_width(self.accumulators)),
                "data": In(data.ArrayLayout(signed(self.sum_bits), self.array.slice_columns)),
            }
        )

    @property
    def slice_group(self) -> Shape:
        """Number of a word among those that the columns of a slice fill at one pixel."""
        return self.requantizer.window

    @property
    def element(self) -> FlowSignature:
        """What accompanies sums or codes into the post-processor."""
        return FlowSignature(
            data.StructLayout(
                {
                    "window_first": 1,
                    "window_last": 1,
                    "end": 1,  # the last of the layer
                    "address": self.destination,
                    "group": self.slice_group,
                    "reads_constants": 1,  # others than the element before
                    "constants": unsigned(index_width(self.requantization_words)),
                }
            )
        )

    @property
    def store(self) -> FlowSignature:
        """A word that a layer stores."""
        return FlowSignature(
            data.StructLayout(
                {
                    "address": self.destination,
                    "data": self.codes,
                    "end": 1,  # the last of the layer
                }
            )
        )

    @property
    def constants(self) -> data.StructLayout:
        """Multiplier and addend of one requantizer."""
        return self.requantizer.constants

    @property
    def constants_word(self) -> data.ArrayLayout:
        """A word of the requantization memory: constants of each requantizer."""
        return data.ArrayLayout(self.constants, self.array.requantizers)

    @property
    def sums(self) -> data.ArrayLayout:
        """One sum for each requantizer."""
        return data.ArrayLayout(signed(self.sum_bits), self.array.requantizers)

    def memories(self) -> Sequence[tuple[str, int, int]]:
        """Name, width and depth of each parameter memory, in the order of the parameter packet."""
        a = self.array
        return [
            ("program", self.descriptor.size, self.layers),
            (
                "requantization",
                self.constants_word.size,
                self.requantization_words,
            ),
            *((f"taps_{row}", self.tap.size, self.tap_words) for row in range(a.rows)),
            *(
                (f"weights_{bank}_{slice_}", self.weights.size, self.weight_words)
                for bank in range(a.banks)
                for slice_ in range(a.slices)
            ),
        ]


def select_fields(word: data.View, layout: data.StructLayout) -> Value:
    """The fields of ``word`` that ``layout`` names, as a value of that layout."""
    return Cat(word[name] for name, _ in layout)
