# Executes scripts of FPGA tools in an interpreter in which the tools' commands are stand-ins.
# Usage: tclsh check.tcl SCRIPT...
#
# A stand-in accepts the options that it is declared with, a value behind those that take one, and
# other words. Each call is written to SCRIPT.calls: its words on a line, between tabulators. What
# is no command of Tcl and no stand-in, and an unknown option, is an error.

# The commands: options with a value, options without.
set commands {
  create_project {-part} {-in_memory -force}
  read_verilog {-library} {-sv}
  read_mem {} {}
  read_xdc {-mode -ref -cells} {-unmanaged}
  synth_design {-top -part -mode -flatten_hierarchy -include_dirs -generic} {}
  report_utilization {-file} {-hierarchical}
  report_timing_summary {-file -max_paths} {}
  opt_design {} {}
  place_design {} {}
  route_design {} {}
  write_checkpoint {} {-force}
  load_package {} {}
  project_new {-revision} {-overwrite}
  project_close {} {}
  set_global_assignment {-name} {}
  set_instance_assignment {-name -to} {}
  execute_flow {} {-compile}
  create_clock {-name -period -waveform} {-add}
  set_input_delay {-clock} {-min -max}
  set_output_delay {-clock} {-min -max}
  get_ports {} {}
}

proc stand_in {file name with without args} {
  set arguments $args
  set words [list $name]
  foreach word $arguments {
    lappend words [join [regexp -all -inline {\S+} $word]]
  }
  puts $file [join $words "\t"]
  for {set place 0} {$place < [llength $arguments]} {incr place} {
    set word [lindex $arguments $place]
    if {[string match {-[a-z]*} $word]} {
      if {$word in $with} {
        incr place
        if {$place >= [llength $arguments]} {
          error "$name: $word needs a value"
        }
      } elseif {$word ni $without} {
        error "$name: unknown option $word"
      }
    }
  }
  # What names objects is passed on, so that the command around it is written with the names.
  if {[string match get_* $name]} {
    return [join $arguments]
  }
}

set file [open tcl.version w]
puts $file [info patchlevel]
close $file

foreach script $argv {
  # No files and no processes in it.
  set inside [interp create -safe]
  set file [open $script.calls w]
  foreach {name with without} $commands {
    $inside alias $name stand_in $file $name $with $without
  }
  $inside alias cd list
  $inside alias file list
  set source [open $script]
  set text [read $source]
  close $source
  if {[catch {$inside eval $text} message]} {
    puts stderr "$script: $message"
    exit 1
  }
  close $file
  interp delete $inside
}
