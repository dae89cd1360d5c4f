# Timing constraints of top. All times are in ps, the time unit of the library.

set clk_period 2500
create_clock -name clk -period $clk_period [get_ports {clk}]

# What drives the inputs and reads the outputs takes 20 % of the period each. The reset is
# synchronous, an input like the others.
set io_delay [expr {$clk_period * 0.2}]
set data_inputs [get_ports {
  d[*]
  en
  rst
}]
set data_outputs [get_ports {
  q[*]
  resp[*]
  up
  word[*]
}]
set_input_delay $io_delay -clock clk $data_inputs
set_output_delay $io_delay -clock clk $data_outputs

# Jitter of the clock, and skew of a clock tree that is yet to be built.
set_clock_uncertainty -setup 125 [get_clocks {clk}]
set_clock_uncertainty -hold 0 [get_clocks {clk}]
set_max_fanout 32 [current_design]
set_max_transition 500 [current_design]
