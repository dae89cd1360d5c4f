# Magic: writes the GDS, extracts capacitances, and checks the design rules.
#
# Cells are read before the layout is: Magic shows a layout whose cells it lacks as an empty one, in
# which no rule is broken. The result counts only where an error that is painted below is reported.
proc report {key value} { puts stdout "HAWX $key $value" }
drc off
lef read ../../osu018_stdcells.lef
load small
select top cell
report box [box values]
report instances [llength [instance list children]]

gds rescale false
gds write small

extract all
ext2spice hierarchy on
ext2spice format ngspice
ext2spice scale off
ext2spice renumber off
ext2spice cthresh 0
ext2spice rthresh infinite
ext2spice blackbox on
ext2spice subcircuit top auto
ext2spice global off
ext2spice -o small_wires.spice

proc errors {title} {
    drc check
    drc catchup
    foreach {rule boxes} [drc listall why] { report $title "[llength $boxes] $rule" }
    report $title done
}
expand
drc on
errors drc
# Two wires of metal2, too narrow, too small and too close, apart from the layout.
box 0 0 0 0
box position -50um -50um
box size 1um 0.1um
paint metal2
box move n 0.2um
paint metal2
select top cell
expand
errors planted
quit -noprompt
