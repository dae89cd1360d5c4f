# hawx_accelerator for OpenROAD-flow-scripts, platform ihp-sg13g2. Written by hawx_hw.
#
#   make -C <checkout>/flow DESIGN_CONFIG=<this folder>/config.mk

export DESIGN_NAME     = hawx_accelerator
export DESIGN_NICKNAME = hawx_few-lines
# Results of another accelerator of the same name have another folder.
export FLOW_VARIANT    = 0123456789ab
export PLATFORM        = ihp-sg13g2

export VERILOG_FILES = \
    $(DESIGN_DIR)/rtl/hawx_sdp_ram.v \
    $(DESIGN_DIR)/rtl/hawx_sp_ram.v \
    $(DESIGN_DIR)/rtl/hawx_rom.v \
    $(DESIGN_DIR)/rtl/hawx_core.v \
    $(DESIGN_DIR)/rtl/hawx_accelerator.v \
    $(DESIGN_DIR)/rtl/hawx_sdp_ram_cells.v \
    $(DESIGN_DIR)/rtl/hawx_sp_ram_cells.v
export VERILOG_DEFINES = -D HAWX_FLIP_FLOP_WORDS=5
export SDC_FILE = $(DESIGN_DIR)/constraint.sdc
# The scripts would take the number of the constraints for ps on every platform but one.
export ABC_CLOCK_PERIOD_IN_PS = 20000
# Bits of the largest memory that is mapped to cells.
export SYNTH_MEMORY_MAX_BITS = 4096

# The one way to size the floorplan.
export CORE_UTILIZATION  = 40
export CORE_ASPECT_RATIO = 1
export CORE_MARGIN       = 5
export PLACE_DENSITY_LB_ADDON = 0.20
export TNS_END_PERCENT   = 100

# SRAM macros of IHP's SG13G2.
HAWX_KIT = $(PDK_ROOT)/ihp-sg13g2
export ADDITIONAL_LEFS = \
    $(HAWX_KIT)/libs.ref/sg13g2_sram/lef/RM_IHPSG13_1P_1024x8_c2_bm_bist.lef \
    $(HAWX_KIT)/libs.ref/sg13g2_sram/lef/RM_IHPSG13_2P_1024x16_c2_bm_bist.lef
export ADDITIONAL_LIBS = \
    $(HAWX_KIT)/libs.ref/sg13g2_sram/lib/RM_IHPSG13_1P_1024x8_c2_bm_bist_typ_1p20V_25C.lib \
    $(HAWX_KIT)/libs.ref/sg13g2_sram/lib/RM_IHPSG13_2P_1024x16_c2_bm_bist_typ_1p20V_25C.lib
export ADDITIONAL_GDS = \
    $(HAWX_KIT)/libs.ref/sg13g2_sram/gds/RM_IHPSG13_1P_1024x8_c2_bm_bist.gds \
    $(HAWX_KIT)/libs.ref/sg13g2_sram/gds/RM_IHPSG13_2P_1024x16_c2_bm_bist.gds
export MACRO_PLACE_HALO = 40 40
