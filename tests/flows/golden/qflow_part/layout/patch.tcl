# Magic: enlarges pads of metal that are too small, and fills notches between two edges of one net
# that are too close, where no other rule is broken by it.
#
# qrouter leaves such pads, a via beside a pin that the net reaches in another way: a step of the
# grid on one of their sides is enough. And it joins a constant input to the rail of its row by a via
# beside a finger of that rail. What is joined stays the same, which the comparison with the netlist
# shows afterwards. It does not see metal inside a cell: so a notch is filled only where Magic traces
# both of its edges to the same net before.
proc report {key value} { puts stdout "HAWX $key $value" }
proc errors {} {
    global whole
    box values {*}$whole
    drc check
    drc catchup
    set total 0
    foreach {rule boxes} [drc listall why] { incr total [llength $boxes] }
    return $total
}
# Boxes as far as distance on each side of a box, and how far beyond.
proc sides {place distance beyond} {
    lassign $place left bottom right top
    set near [expr {$distance + $beyond}]
    return [list \
        [list $left [expr {$top + $beyond}] $right [expr {$top + $near}]] \
        [list $left [expr {$bottom - $near}] $right [expr {$bottom - $beyond}]] \
        [list [expr {$right + $beyond}] $bottom [expr {$right + $near}] $top] \
        [list [expr {$left - $near}] $bottom [expr {$left - $beyond}] $top]]
}
# The net that a box of metal is part of; nothing where there is none. A contact is metal as well.
proc net_at {place layer} {
    set kinds metal$layer
    if {$layer > 1} { append kinds ,m${layer}contact }
    if {$layer < 6} { append kinds ,m[expr {$layer + 1}]contact }
    box values {*}$place
    select clear
    select area $kinds
    if {[catch {getnode} net]} { set net "" }
    return $net
}
# Whether there are fewer errors with metal in a box; it stays there if so.
proc better {place layer} {
    upvar before before
    box values {*}$place
    paint metal$layer
    set after [errors]
    if {$after < $before} {
        set before $after
        return 1
    }
    # The box, then the metal.
    undo 2
    return 0
}
proc enlarge {place layer} {
    upvar before before
    foreach side [sides $place 1 0] {
        if {[better $side $layer]} { return 1 }
    }
    return 0
}
proc fill {place layer least} {
    upvar before before
    set net [net_at $place $layer]
    if {$net eq ""} { return 0 }
    for {set gap 1} {$gap < $least} {incr gap} {
        foreach side [sides $place $gap 0] edge [sides $place 1 $gap] {
            if {[net_at $edge $layer] eq $net && [better $side $layer]} { return 1 }
        }
    }
    return 0
}
drc off
lef read ../../osu018_stdcells.lef
load small
select top cell
expand
set whole [box values]
drc on
set before [errors]
set patched 0
set filled 0
foreach {rule boxes} [drc listall why] {
    foreach place $boxes {
        if {[regexp {^Metal([0-9]) area} $rule match layer]} {
            incr patched [enlarge $place $layer]
        } elseif {[regexp {^Metal([0-9]) spacing < ([0-9]+)} $rule match layer least]} {
            incr filled [fill $place $layer $least]
        }
    }
}
report patched $patched
report filled $filled
if {$patched + $filled} { save small }
quit -noprompt
