# Synthesis, placement and routing of hawx_accelerator by itself (its ports become no pins). Not run here.
# In Vivado: vivado -mode batch -source vivado.tcl

# Vivado finds the files, and $readmemh the memory images, in this folder.
cd [file dirname [file normalize [info script]]]
create_project -in_memory -part xc7z020clg400-1
read_verilog {
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
}
read_mem {
  program.hex
  requantization.hex
  taps_0.hex
  taps_1.hex
  weights_0_0.hex
  weights_1_0.hex
}
read_xdc -mode out_of_context hawx.xdc
synth_design -top hawx_accelerator -part xc7z020clg400-1 -mode out_of_context
report_utilization -hierarchical -file utilization.rpt
opt_design
place_design
route_design
report_utilization -file utilization_routed.rpt
report_timing_summary -file timing.rpt
write_checkpoint -force hawx.dcp
