# Timing constraints of hawx_accelerator. All times are in ns, the time unit of the library.

set clk_period 10
# LibreLane: one clock period for synthesis and timing analysis.
if {[info exists ::env(CLOCK_PERIOD)]} {
  set clk_period $::env(CLOCK_PERIOD)
}
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
if {[info exists ::env(CLOCK_UNCERTAINTY_CONSTRAINT)]} {
  set_clock_uncertainty $::env(CLOCK_UNCERTAINTY_CONSTRAINT) [get_clocks {clk}]
} else {
  set_clock_uncertainty -setup 0.5 [get_clocks {clk}]
  set_clock_uncertainty -hold 0 [get_clocks {clk}]
}

# LibreLane: the rest of what its own constraints state, from its variables. Capacitance is in pF.
if {[info exists ::env(CLOCK_TRANSITION_CONSTRAINT)]} {
  set_clock_transition $::env(CLOCK_TRANSITION_CONSTRAINT) [get_clocks {clk}]
}
if {[info exists ::env(TIME_DERATING_CONSTRAINT)]} {
  set_timing_derate -early [expr {1 - $::env(TIME_DERATING_CONSTRAINT) / 100.0}]
  set_timing_derate -late [expr {1 + $::env(TIME_DERATING_CONSTRAINT) / 100.0}]
}
if {[info exists ::env(SYNTH_DRIVING_CELL)]} {
  set driver [split $::env(SYNTH_DRIVING_CELL) "/"]
  set clock_driver $driver
  if {[info exists ::env(SYNTH_CLK_DRIVING_CELL)]} {
    set clock_driver [split $::env(SYNTH_CLK_DRIVING_CELL) "/"]
  }
  set_driving_cell -lib_cell [lindex $driver 0] -pin [lindex $driver 1] $data_inputs
  set_driving_cell -lib_cell [lindex $clock_driver 0] -pin [lindex $clock_driver 1] \
    [get_ports {clk}]
}
if {[info exists ::env(OUTPUT_CAP_LOAD)]} {
  set_load [expr {$::env(OUTPUT_CAP_LOAD) / 1000.0}] $data_outputs
}
if {[info exists ::env(MAX_FANOUT_CONSTRAINT)]} {
  set_max_fanout $::env(MAX_FANOUT_CONSTRAINT) [current_design]
}
if {[info exists ::env(MAX_TRANSITION_CONSTRAINT)]} {
  set_max_transition $::env(MAX_TRANSITION_CONSTRAINT) [current_design]
}
if {[info exists ::env(MAX_CAPACITANCE_CONSTRAINT)]} {
  set_max_capacitance $::env(MAX_CAPACITANCE_CONSTRAINT) [current_design]
}
