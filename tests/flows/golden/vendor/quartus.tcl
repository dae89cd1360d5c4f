# Compilation of hawx_accelerator by itself (its ports become virtual pins). Not run here.
# In Quartus: quartus_sh -t quartus.tcl

load_package flow
cd [file dirname [file normalize [info script]]]
project_new hawx -overwrite
set_global_assignment -name FAMILY "MAX 10"
set_global_assignment -name DEVICE 5CSEMA5F31C6
set_global_assignment -name TOP_LEVEL_ENTITY hawx_accelerator
set_global_assignment -name VERILOG_INPUT_VERSION VERILOG_2001
foreach file {
  rtl/hawx_sdp_ram.v
  rtl/hawx_sp_ram.v
  rtl/hawx_rom.v
  rtl/hawx_axi_lite_bridge.v
  rtl/hawx_registers.v
  rtl/hawx_image_walker.v
  rtl/hawx_image_loader.v
  rtl/hawx_result_ram.v
  rtl/hawx_result_walker.v
  rtl/hawx_result_streamer.v
  rtl/hawx_sequencer.v
  rtl/hawx_counters_ram.v
  rtl/hawx_counters.v
  rtl/hawx_shell.v
  rtl/hawx_layer_sequencer.v
  rtl/hawx_input_walk.v
  rtl/hawx_tile_issuer.v
  rtl/hawx_weight_loader.v
  rtl/hawx_accumulator_readout.v
  rtl/hawx_requantizer.v
  rtl/hawx_post_processor.v
  rtl/hawx_program.v
  rtl/hawx_requantization.v
  rtl/hawx_taps_0.v
  rtl/hawx_taps_1.v
  rtl/hawx_weights_0_0.v
  rtl/hawx_weights_1_0.v
  rtl/hawx_row_feeder.v
  rtl/hawx_activations.v
  rtl/hawx_block_exact.v
  rtl/hawx_pe_exact_0.v
  rtl/hawx_pe_exact_1.v
  rtl/hawx_accumulators.v
  rtl/hawx_array_slice.v
  rtl/hawx_core.v
  rtl/hawx_accelerator.v
} {
  set_global_assignment -name VERILOG_FILE $file
}
# $readmemh finds the memory images here.
set_global_assignment -name SEARCH_PATH .
set_global_assignment -name SDC_FILE hawx.sdc
foreach port {
  s_axil_awprot[*]
  s_axil_awvalid
  s_axil_wdata[*]
  s_axil_wstrb[*]
  s_axil_wvalid
  s_axil_bready
  s_axil_araddr[*]
  s_axil_arprot[*]
  s_axil_arvalid
  s_axil_rready
  s_axis_tdata[*]
  s_axis_tvalid
  s_axis_tlast
  m_axis_tready
  rst
  s_axil_awready
  s_axil_wready
  s_axil_bresp[*]
  s_axil_bvalid
  s_axil_arready
  s_axil_rdata[*]
  s_axil_rresp[*]
  s_axil_rvalid
  s_axis_tready
  m_axis_tdata[*]
  m_axis_tvalid
  m_axis_tlast
  irq
  s_axil_awaddr[*]
} {
  set_instance_assignment -name VIRTUAL_PIN ON -to $port
}
execute_flow -compile
project_close
