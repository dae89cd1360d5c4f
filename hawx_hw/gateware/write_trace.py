"""The write trace: every word that a core stores, for waveforms and testbenches."""

from __future__ import annotations

from amaranth.hdl import Module, ShapeLike, Signal, ValueLike

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.names import TRACE

__all__ = ["WriteTrace"]


class WriteTrace:
    """Signals inside a core that show each word that a layer stores.

    They are no ports: nothing in the accelerator reads them, and synthesis removes them. In the
    Verilog they are wires of the core's module, named as in
    :data:`~hawx_hw.gateware.names.TRACE`; the verification compares what they show with what each
    layer must store (:meth:`hawx_hw.architectures.base.Plan.write_trace`).

    Parameters
    ----------
    core : CoreSignature
        Of the core that stores.
    address : shape
        Of word addresses, in the activation memory or in that of the result, whichever is larger.

    Attributes
    ----------
    valid : Signal(1)
        A word is stored in this cycle; any number of cycles may lie between two words.
    address : Signal
        Its word address: in the result memory for the last layer, otherwise in the activation
        memory.
    data : Signal(8 * word_codes)
        The codes, the first one in the low byte.
    layer : Signal
        Index of the layer that stores it.
    """

    def __init__(self, core: CoreSignature, address: ShapeLike):
        # What computes them remains in the Verilog, which has no such attribute.
        keep = {"keep": 1}
        self.valid = Signal(1, name=TRACE["valid"], attrs=keep)
        self.address = Signal(address, name=TRACE["address"], attrs=keep)
        self.data = Signal(8 * core.word_codes, name=TRACE["data"], attrs=keep)
        self.layer = Signal(core.members["layer"].shape, name=TRACE["layer"], attrs=keep)

    def show(
        self,
        m: Module,
        *,
        valid: ValueLike,
        address: ValueLike,
        data: ValueLike,
        layer: ValueLike,
    ) -> None:
        """Drive the signals, in the module ``m`` of the core itself and not of a part of it."""
        m.d.comb += [
            self.valid.eq(valid),
            self.address.eq(address),
            self.data.eq(data),
            self.layer.eq(layer),
        ]
