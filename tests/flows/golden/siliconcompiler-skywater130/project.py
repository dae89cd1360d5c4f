"""hawx_accelerator for SiliconCompiler, target skywater130. Written by hawx_hw.

    python project.py
"""

from lambdapdk.sky130.libs.sky130sram import Sky130_SRAM_32x512
from siliconcompiler import ASIC, Design
from siliconcompiler.targets import skywater130_demo


def design() -> Design:
    """The Verilog and the constraints."""
    result = Design("hawx_accelerator")
    result.set_dataroot("bundle", __file__)
    with result.active_dataroot("bundle"), result.active_fileset("rtl"):
        result.set_topmodule("hawx_accelerator")
        result.add_file("rtl/hawx_sdp_ram.v")
        result.add_file("rtl/hawx_sp_ram.v")
        result.add_file("rtl/hawx_rom.v")
        result.add_file("rtl/hawx_core.v")
        result.add_file("rtl/hawx_accelerator.v")
        result.add_file("rtl/hawx_sdp_ram_cells.v")
        result.add_file("rtl/hawx_sp_ram_cells.v")
        result.add_file("macros/hawx_memory_macros.v")
        result.add_define("HAWX_FLIP_FLOP_WORDS=5")
    with result.active_dataroot("bundle"), result.active_fileset("sdc"):
        result.add_file("constraint.sdc")
    return result


def project() -> ASIC:
    """The design on its target."""
    result = ASIC(design())
    result.add_fileset(["rtl", "sdc"])
    skywater130_demo(result)
    result.add_asiclib(Sky130_SRAM_32x512())
    result.constraint.area.set_density(40)
    return result


if __name__ == "__main__":
    made = project()
    made.run()
    made.summary()
