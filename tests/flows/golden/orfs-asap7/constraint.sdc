# Timing constraints of hawx_accelerator. All times are in ps, the time unit of the library.

set clk_period 2000
create_clock -name clk -period $clk_period [get_ports {clk}]

# What drives the inputs and reads the outputs takes 20 % of the period each. The reset is
# synchronous, an input like the others.
set io_delay [expr {$clk_period * 0.2}]
set data_inputs [get_ports {
  rst
  s_data[*]
  s_valid
}]
set data_outputs [get_ports {
  m_data[*]
}]
set_input_delay $io_delay -clock clk $data_inputs
set_output_delay $io_delay -clock clk $data_outputs

# Jitter of the clock, and skew of a clock tree that is yet to be built.
set_clock_uncertainty -setup 100 [get_clocks {clk}]
set_clock_uncertainty -hold 0 [get_clocks {clk}]
