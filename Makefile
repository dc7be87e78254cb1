# Two commands do everything on a fresh machine: `make report` and `make test`.
# Each sets up what it needs and skips what is there. Needs Python 3.11 or later, make and git.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(BIN)/python -m analysis
# Extra words for the commands below, for instance: make report ARGS="--data ../mijn-data --jobs 2"
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help report test preview edit lint format lock clean

help:
	@echo "make report    build the report: _report/rapport.html, rapport.pdf, resultaten.csv"
	@echo "make test      run the tests"
	@echo "make edit      open the notebooks in JupyterLab"
	@echo "make preview   follow the pages of the report while writing"
	@echo "make lint      check the style; make format mends it"
	@echo "make lock      renew the pinned dependencies"
	@echo "make clean     remove what the build made; data/real is left alone"

report: $(VENV)/.ready
	$(RUN) report $(ARGS)

test: $(VENV)/.ready-test lint
	$(BIN)/python -m pytest -n auto $(ARGS)

edit: $(VENV)/.ready-edit
	$(BIN)/jupyter lab notebooks

preview: $(VENV)/.ready
	$(RUN) build $(ARGS)
	$(BIN)/python -m analysis.render.preview

lint: $(VENV)/.ready-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

format: $(VENV)/.ready-test
	$(BIN)/ruff check --quiet --fix . || true
	$(BIN)/ruff format --quiet .

clean:
	rm -rf data/build data/synthetic reports/_generated _variables.yml _report _report.*

# --- set-up -----------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Hashes make sure that what is installed is what was tested. The package itself is linked, not copied.
define install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements.lock)

$(VENV)/.ready-test: requirements-test.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-test.lock)
	@touch $(VENV)/.ready

$(VENV)/.ready-edit: requirements-edit.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-edit.lock)
	@touch $(VENV)/.ready

# One resolution for every platform, in three sizes; the smaller one constrains the larger ones.
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
             --no-annotate --no-header --no-emit-index-url --upgrade pyproject.toml requirements-build.in
lock: | $(BIN)/python
	$(BIN)/python -m pip install --quiet uv
	$(UV_COMPILE) --output-file requirements.lock
	$(UV_COMPILE) --extra test --constraints requirements.lock --output-file requirements-test.lock
	$(UV_COMPILE) --extra edit --constraints requirements.lock --output-file requirements-edit.lock
