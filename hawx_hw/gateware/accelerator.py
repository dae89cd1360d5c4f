"""The whole accelerator: a core in its shell, with the port names of AXI."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.axi_lite import AxiLiteSignature
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.register_map import ADDRESS_WIDTH, RegisterConstant
from hawx_hw.gateware.shell import Shell

__all__ = ["Accelerator"]


class Accelerator(wiring.Component):
    """Top of the design, in Verilog ``hawx_accelerator``: instance ``shell`` and instance ``core``.

    **Latency**: see :class:`~hawx_hw.gateware.shell.Shell`.

    Parameters
    ----------
    core : CoreSignature
    make_core : callable
        Makes the core, a component with exactly this signature.
    constants, config_hash, version
        See :class:`~hawx_hw.gateware.shell.Shell`.

    Attributes
    ----------
    s_axil_* : AXI4-Lite
        Control and status.
    s_axis_tdata, s_axis_tvalid, s_axis_tready, s_axis_tlast : AXI4-Stream
        Images and parameters.
    m_axis_tdata, m_axis_tvalid, m_axis_tready, m_axis_tlast : AXI4-Stream
        Results.
    irq : Out(1)
    """

    def __init__(
        self,
        core: CoreSignature,
        make_core: Callable[[], wiring.Component],
        *,
        constants: Sequence[RegisterConstant] = (),
        config_hash: int,
        version: str,
    ):
        self._core_signature = core
        self._make_core = make_core
        self._make_shell = partial(
            Shell, core, constants=constants, config_hash=config_hash, version=version
        )
        axil = AxiLiteSignature(ADDRESS_WIDTH).flip().members
        super().__init__(
            {
                **{f"s_axil_{name}": axil[name] for name in axil},
                "s_axis_tdata": In(8),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "s_axis_tlast": In(1),
                "m_axis_tdata": Out(8),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "m_axis_tlast": Out(1),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        shell = place(m, platform, "shell", "hawx_shell", self._make_shell)
        core = place(m, platform, "core", "hawx_core", self._make_core)
        wiring.connect(m, shell.core, core)
        for name, member in AxiLiteSignature(ADDRESS_WIDTH).members.items():
            inner, outer = getattr(shell.s_axil, name), getattr(self, f"s_axil_{name}")
            m.d.comb += inner.eq(outer) if member.flow == Out else outer.eq(inner)
        m.d.comb += [
            shell.s_axis.p.data.eq(self.s_axis_tdata),
            shell.s_axis.p.last.eq(self.s_axis_tlast),
            shell.s_axis.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(shell.s_axis.ready),
            self.m_axis_tdata.eq(shell.m_axis.p.data),
            self.m_axis_tlast.eq(shell.m_axis.p.last),
            self.m_axis_tvalid.eq(shell.m_axis.valid),
            shell.m_axis.ready.eq(self.m_axis_tready),
            self.irq.eq(shell.irq),
        ]
        return m
