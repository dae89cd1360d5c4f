# No window, even where there is a display.
set graywolf_options = "-n"
set initial_density = 0.75
