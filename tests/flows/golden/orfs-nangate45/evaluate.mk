# Evaluates config.mk as the Makefile of OpenROAD-flow-scripts includes it, and prints every variable
# that it sets: make -f evaluate.mk DESIGN_CONFIG=<path>/config.mk
DESIGN_DIR = $(patsubst %/,%,$(dir $(DESIGN_CONFIG)))
PLATFORM_DIR = platforms/$(PLATFORM)
PDK_ROOT = kits
HAWX_BEFORE := $(.VARIABLES)

include $(DESIGN_CONFIG)

$(foreach name,$(sort $(filter-out HAWX_BEFORE $(HAWX_BEFORE),$(.VARIABLES))), \
    $(info $(name)=$($(name))))

.PHONY: nothing
nothing:
	@true
