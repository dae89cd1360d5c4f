# amaranth: UnusedElaboratable=no
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hawx_hw.gateware.accelerator import Accelerator
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.register_map import RegisterConstant
from hawx_hw.gateware.verilog import verilog_modules

CORE = CoreSignature(
    word_codes=2, image_shape=(3, 2, 2), result_shape=(4,), layers=2, memories=[(8, 2)]
)
PORTS = {
    "clk": "input",
    "rst": "input",
    "irq": "output",
    "s_axil_awaddr": "input [11:0]",
    "s_axil_awprot": "input [2:0]",
    "s_axil_awvalid": "input",
    "s_axil_awready": "output",
    "s_axil_wdata": "input [31:0]",
    "s_axil_wstrb": "input [3:0]",
    "s_axil_wvalid": "input",
    "s_axil_wready": "output",
    "s_axil_bresp": "output [1:0]",
    "s_axil_bvalid": "output",
    "s_axil_bready": "input",
    "s_axil_araddr": "input [11:0]",
    "s_axil_arprot": "input [2:0]",
    "s_axil_arvalid": "input",
    "s_axil_arready": "output",
    "s_axil_rdata": "output [31:0]",
    "s_axil_rresp": "output [1:0]",
    "s_axil_rvalid": "output",
    "s_axil_rready": "input",
    "s_axis_tdata": "input [7:0]",
    "s_axis_tvalid": "input",
    "s_axis_tready": "output",
    "s_axis_tlast": "input",
    "m_axis_tdata": "output [7:0]",
    "m_axis_tvalid": "output",
    "m_axis_tready": "input",
    "m_axis_tlast": "output",
}
CONSTANTS = (RegisterConstant("rows", 1, "Rows."), RegisterConstant("columns", 2, "Columns."))


class Idle(wiring.Component):
    """A core that takes every word and never answers."""

    def __init__(self):
        super().__init__(CORE)

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.image.ready.eq(1)
        m.d.sync += self.busy.eq(self.busy | self.start)
        return m


def make():
    return Accelerator(CORE, Idle, constants=CONSTANTS, config_hash=3, version="0.1.0")


def test_members():
    flows = {
        name: "input" if m.flow == In else "output" for name, m in make().signature.members.items()
    }
    assert flows == {n: d.split()[0] for n, d in PORTS.items() if n not in ("clk", "rst")}


def test_verilog_ports_and_instances():
    emission = Emission()
    emission.define("hawx_accelerator", make())
    modules = verilog_modules(emission)
    lines = [line.strip() for line in modules["hawx_accelerator"].splitlines()]
    declared = [line.rstrip(";") for line in lines if line.startswith(("input", "output"))]
    assert {line.split()[-1]: " ".join(line.split()[:-1]) for line in declared} == PORTS
    assert "hawx_shell shell (" in lines
    assert "hawx_core core (" in lines


def test_same_design_gives_the_same_bytes():
    texts = []
    for _ in range(2):
        emission = Emission()
        emission.define("hawx_accelerator", make())
        texts.append(verilog_modules(emission))
    assert texts[0] == texts[1]
