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
foreach {kind name} {max setup.txt min hold.txt} {
  set file [open $name w]
  foreach path [find_timing_paths -path_delay $kind -group_count 29 -endpoint_count 1] {
    set end [get_full_name [get_property $path endpoint]]
    set start [get_full_name [get_property $path startpoint]]
    puts $file "$end [get_property $path slack] $start"
  }
  close $file
}

check_setup -verbose -unconstrained_endpoints > unconstrained.txt
check_setup -verbose -no_clock -no_input_delay -multiple_clock -loops -generated_clocks > problems.txt
report_check_types -all_violators -max_transition > transitions.txt
report_checks -path_delay max -format full_clock -fields {capacitance slew input_pin} -digits 4 > slowest_path.txt
report_checks -path_delay min -format full_clock -fields {capacitance slew input_pin} -digits 4 > hold_path.txt
puts "complete"
