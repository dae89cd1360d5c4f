# hawx_accelerator for OpenROAD-flow-scripts, platform nangate45. Written by hawx_hw.
#
#   make -C <checkout>/flow DESIGN_CONFIG=<this folder>/config.mk
#
# EXPLORATION ONLY: see MEMORIES.md.

export DESIGN_NAME     = hawx_accelerator
export DESIGN_NICKNAME = hawx_few-lines
# Results of another accelerator of the same name have another folder.
export FLOW_VARIANT    = 0123456789ab
export PLATFORM        = nangate45

export VERILOG_FILES = \
    $(DESIGN_DIR)/rtl/hawx_sdp_ram.v \
    $(DESIGN_DIR)/rtl/hawx_sp_ram.v \
    $(DESIGN_DIR)/rtl/hawx_rom.v \
    $(DESIGN_DIR)/rtl/hawx_core.v \
    $(DESIGN_DIR)/rtl/hawx_accelerator.v \
    $(DESIGN_DIR)/rtl/hawx_sp_ram_cells.v
export VERILOG_DEFINES = -D HAWX_FLIP_FLOP_WORDS=600
export SDC_FILE = $(DESIGN_DIR)/constraint.sdc
# The scripts would take the number of the constraints for ps on every platform but one.
export ABC_CLOCK_PERIOD_IN_PS = 5000
# Bits of the largest memory that is mapped to cells.
export SYNTH_MEMORY_MAX_BITS = 24000

# The one way to size the floorplan.
export CORE_UTILIZATION  = 40
export CORE_ASPECT_RATIO = 1
export CORE_MARGIN       = 5
export PLACE_DENSITY_LB_ADDON = 0.20
export TNS_END_PERCENT   = 100

# fakeram45 memories.
HAWX_KIT = $(PLATFORM_DIR)
export ADDITIONAL_LEFS = \
    $(HAWX_KIT)/lef/fakeram45_1024x32.lef
export ADDITIONAL_LIBS = \
    $(HAWX_KIT)/lib/fakeram45_1024x32.lib
export MACRO_PLACE_HALO = 10 10
# These stand-ins have no layout.
export GDS_ALLOW_EMPTY = fakeram45_1024x32
