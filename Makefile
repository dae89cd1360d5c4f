# hawx_hw: everything a user needs. `make help` lists the targets.
#
# Needs Python 3.11 or later with venv, a C++ compiler, make and perl; nothing else, and no root.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# What pip is at, from its log: shown every ten seconds, for minutes without a word look like a hang.
SETUP_STEP := grep -E '^ *(Collecting|Downloading|Building|Installing)'

# -P wherever Python runs a module: a json.py in the current folder is not to be imported.
.DEFAULT_GOAL := help
BENCHMARKS := activity block_design compensation cycles emulation end_to_end fpga gate_level networks_rtl power prediction promise scores startup synthesis

.PHONY: help setup config-given accel fpga asic test lint docs bench predictors clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## set up .venv and check the tools

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "hawx: Python 3.11 or later is needed; choose one with: make setup PYTHON=python3.12" >&2; exit 2; }
	@echo "Setting up $(VENV): about 2 GB, a few minutes on the first call (log: $(VENV)/setup.log)"
	@$(BIN)/python -P -m pip --version >/dev/null 2>&1 || $(PYTHON) -P -m venv --clear $(VENV) || \
		{ echo "hawx: python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@log=$(VENV)/setup.log; : >$$log; trap 'exit 130' INT TERM; trap 'kill $$ticker 2>/dev/null' EXIT; \
	( while sleep 10 && kill -0 $$$$ 2>/dev/null; do $(SETUP_STEP) $$log | tail -n 1 | cut -c 1-76; done ) & ticker=$$!; \
	$(BIN)/python -P -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]' >$$log 2>&1 || \
		{ tail -n 20 $$log >&2; exit 2; }
	@$(BIN)/hawx doctor --required
	@touch $@

config-given:
	@[ -n "$(CONFIG)" ] || { echo "hawx: name a config: make accel CONFIG=lenet5.yaml (they are in configs/)" >&2; exit 2; }

# The config is asked for before minutes go into the set-up.
accel: config-given $(STAMP) ## CONFIG=lenet5.yaml: from network to verified, synthesized accelerator
	@$(BIN)/hawx run "$$CONFIG"

fpga: config-given $(STAMP) ## CONFIG=lenet5.yaml: to a bitstream, with what it uses and its clock
	@$(BIN)/hawx flow fpga "$$CONFIG"

# Environments of tools that must not meet hawx's own packages are made on the first call.
asic: config-given $(STAMP) ## CONFIG=lenet5.yaml: to netlist, timing, a layout, input for larger flows
	@$(BIN)/hawx flow install asic
	@$(BIN)/hawx flow asic "$$CONFIG"

test: $(STAMP) ## run the tests
	@$(BIN)/python -P -m pytest -n auto --dist worksteal

lint: $(STAMP) ## ruff, mypy, the order of imports, the vocabulary
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python tests/lint/check_words.py

# Not --quiet: that would hide warnings from --strict, too. The second variable silences an advertisement of the theme.
docs: $(STAMP) ## build the documentation site into build/site; warnings are errors
	@SOURCE_DATE_EPOCH=0 NO_MKDOCS_2_WARNING=1 $(BIN)/python -P -m mkdocs build --strict
	@echo "build/site/index.html"

bench: $(STAMP) ## run the benchmarks (hours); RESNET20=FILE, RESNET8=FILE: trained by others, for those on them
	@set -e; run() { echo "== $$*"; $(BIN)/python "benchmarks/$$@"; }; \
	for name in $(BENCHMARKS); do run $$name.py; done; \
	run exhaustive.py layers; run exhaustive.py filters; run search.py; run resnet20_search.py; \
	if [ -n "$(RESNET20)" ]; then \
		run scores.py --networks resnet20 --settings corrected --resnet20 "$(RESNET20)"; \
		run promise.py resnet20 resnet20-validation --resnet20 "$(RESNET20)" --seeds 4; \
	fi; \
	if [ -n "$(RESNET8)" ]; then run maxdnn.py --resnet8 "$(RESNET8)"; fi

# One BLAS thread: with more, training takes longer, and its sums would depend on their number.
predictors: $(STAMP) ## build and measure 80 designs of each architecture, train the predictors on them (hours)
	@for architecture in systolic simt; do \
		$(BIN)/hawx characterize-designs --architecture $$architecture --designs 80 \
			--output build/designs_$$architecture.csv || exit 1; \
		OPENBLAS_NUM_THREADS=1 $(BIN)/hawx train-predictors build/designs_$$architecture.csv \
			--architecture $$architecture \
			--output hawx_hw/architectures/$$architecture/data || exit 1; \
	done

clean: ## remove build/ (results), but not .venv
	rm -rf build
