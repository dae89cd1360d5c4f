# Timing constraints of hawx_accelerator. All times are in ns, the time unit of the library.

set clk_period 12.5
create_clock -name clk -period $clk_period [get_ports {clk}]

# What drives the inputs and reads the outputs takes 20 % of the period each. The reset is
# synchronous, an input like the others.
set io_delay [expr {$clk_period * 0.2}]
set data_inputs [get_ports {
  m_axis_tready
  rst
  s_axil_araddr[*]
  s_axil_arprot[*]
  s_axil_arvalid
  s_axil_awaddr[*]
  s_axil_awprot[*]
  s_axil_awvalid
  s_axil_bready
  s_axil_rready
  s_axil_wdata[*]
  s_axil_wstrb[*]
  s_axil_wvalid
  s_axis_tdata[*]
  s_axis_tlast
  s_axis_tvalid
}]
set data_outputs [get_ports {
  irq
  m_axis_tdata[*]
  m_axis_tlast
  m_axis_tvalid
  s_axil_arready
  s_axil_awready
  s_axil_bresp[*]
  s_axil_bvalid
  s_axil_rdata[*]
  s_axil_rresp[*]
  s_axil_rvalid
  s_axil_wready
  s_axis_tready
}]
set_input_delay $io_delay -clock clk $data_inputs
set_output_delay $io_delay -clock clk $data_outputs
