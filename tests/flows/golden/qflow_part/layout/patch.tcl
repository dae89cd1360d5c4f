# Magic: enlarges pads of metal that are too small, where no other rule is broken by it.
#
# qrouter leaves such pads, a via beside a pin that the net reaches in another way. A step of the
# grid on one of their sides is enough. What is joined stays the same, which the comparison with the
# netlist shows afterwards.
proc report {key value} { puts stdout "HAWX $key $value" }
proc errors {} {
    drc check
    drc catchup
    set total 0
    foreach {rule boxes} [drc listall why] { incr total [llength $boxes] }
    return $total
}
drc off
lef read ../../osu018_stdcells.lef
load small
select top cell
expand
drc on
set before [errors]
set patched 0
foreach {rule boxes} [drc listall why] {
    if {![regexp {^Metal([0-9]) area} $rule match layer]} { continue }
    foreach place $boxes {
        lassign $place left bottom right top
        set sides [list \
            [list $left $top $right [expr {$top + 1}]] \
            [list $left [expr {$bottom - 1}] $right $bottom] \
            [list $right $bottom [expr {$right + 1}] $top] \
            [list [expr {$left - 1}] $bottom $left $top]]
        foreach side $sides {
            box values {*}$side
            paint metal$layer
            select top cell
            set after [errors]
            if {$after < $before} {
                set before $after
                incr patched
                break
            }
            undo
        }
    }
}
report patched $patched
if {$patched} { save small }
quit -noprompt
