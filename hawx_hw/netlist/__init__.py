"""The mapped netlist: hierarchy, flat form, timing, activity."""
