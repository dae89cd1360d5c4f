"""hawx_accelerator for SiliconCompiler, target asap7. Written by hawx_hw.

    python project.py

EXPLORATION ONLY: see MEMORIES.md.
"""

from siliconcompiler import ASIC, Design
from siliconcompiler.targets import asap7_demo


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
        result.add_define("HAWX_FLIP_FLOP_WORDS=1024")
    with result.active_dataroot("bundle"), result.active_fileset("sdc"):
        result.add_file("constraint.sdc")
    return result


def project() -> ASIC:
    """The design on its target."""
    result = ASIC(design())
    result.add_fileset(["rtl", "sdc"])
    asap7_demo(result)
    result.constraint.area.set_density(55)
    return result


if __name__ == "__main__":
    made = project()
    made.run()
    made.summary()
