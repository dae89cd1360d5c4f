# Static timing analysis of top. Run it in this folder: sta -no_init -exit opensta.tcl
# An error does not change OpenSTA's exit status: the last line that it prints shows that it came to the end.
read_liberty cells.lib
read_liberty memories.lib
read_verilog netlist.v
link_design top
read_sdc constraint.sdc
set_wire_load_mode top
set_wire_load_model -name hawx_wires

# A line for each endpoint: its name, its slack in the library's unit of time, where the path begins.
proc write_slacks {name paths} {
  set file [open $name w]
  foreach path $paths {
    set end [get_full_name [get_property $path endpoint]]
    set start [get_full_name [get_property $path startpoint]]
    puts $file "$end [get_property $path slack] $start"
  }
  close $file
}
foreach {kind name} {max setup.txt min hold.txt} {
  write_slacks $name [find_timing_paths -path_delay $kind -group_count 29 -endpoint_count 1]
}
# What the surroundings take scales with the period, and depends on where a path begins.
foreach {from name} [list $data_inputs setup_inputs.txt [all_registers -clock_pins] setup_registers.txt] {
  set paths {}
  if {[llength $from]} {
    set paths [find_timing_paths -from $from -path_delay max -group_count 29 -endpoint_count 1]
  }
  write_slacks $name $paths
}

check_setup -verbose -unconstrained_endpoints > unconstrained.txt
check_setup -verbose -no_clock -no_input_delay -multiple_clock -loops -generated_clocks > problems.txt
report_check_types -all_violators -max_transition > transitions.txt
report_checks -path_delay max -format full_clock -fields {capacitance slew input_pin} -digits 4 > slowest_path.txt
report_checks -path_delay min -format full_clock -fields {capacitance slew input_pin} -digits 4 > hold_path.txt
puts "complete"
