# Two commands do everything on a fresh machine: `make report` and `make test`.
# Each sets up what it needs and skips what is there. Needs Python 3.11 or later, make and git.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(BIN)/python -m analysis
# Extra words for the commands below, for instance: make report ARGS="--data ../mijn-data --jobs 2"
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help report test edit new watch preview reference lint format lock clean

help:
	@echo "make report    build the report: _report/rapport.html, rapport.pdf, resultaten.csv"
	@echo "make test      run the tests"
	@echo "make edit      open the notebooks in JupyterLab"
	@echo "make new       begin a chapter: make new NAME=opkomst"
	@echo "make watch     follow the pages of the report while writing; also called preview"
	@echo "make reference make the reference of the code, in _reference/"
	@echo "make lint      check the style; make format mends it"
	@echo "make lock      renew the pinned dependencies"
	@echo "make clean     remove what the build made; data/real is left alone"

report: $(VENV)/.ready
	$(RUN) report $(ARGS)

test: $(VENV)/.ready-test lint
	@$(BIN)/python tools/set_up_git.py
	$(BIN)/python -m pytest -n auto $(ARGS)

# Who works in a conda environment that has all of it gets no second one.
WHOLE_HERE = import importlib.util as i; print(all(map(i.find_spec, ("jupyterlab", "linearmodels", "papermill"))))
ifeq ($(if $(CONDA_PREFIX),$(shell python -c '$(WHOLE_HERE)' 2>/dev/null)),True)
edit:
	python tools/edit.py $(ARGS)
else
edit: $(VENV)/.ready-edit
	$(BIN)/python tools/edit.py $(ARGS)
endif

# For instance: make new NAME=opkomst ARGS="--question 'Stemmen jongeren vaker?'"
new:
	@test -n "$(NAME)" || { echo "Name the chapter, in one Dutch word: make new NAME=opkomst"; exit 1; }
	@$(PYTHON) tools/new_chapter.py $(NAME) $(ARGS)

# Follows what the report is written in and computed from; as preview it bears the name that Quarto's own has, which
# follows a document but not the files it includes.
watch: $(VENV)/.ready
	$(RUN) build $(ARGS)
	$(BIN)/python -m analysis.render.preview

preview: watch

reference: $(VENV)/.ready-edit
	$(BIN)/pdoc --docformat numpy --output-directory _reference analysis

lint: $(VENV)/.ready-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python -m analysis.render.style

format: $(VENV)/.ready-test
	$(BIN)/ruff check --quiet --fix . || true
	$(BIN)/ruff format --quiet .

clean:
	rm -rf _reference data/build data/synthetic reports/_generated _variables.yml _report _report.*

# --- set-up -----------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Hashes make sure that what is installed is what was tested. The package itself is linked, not copied.
# uv installs the same several times as fast; where it cannot be had, or fails, pip does it. An index named to
# pip is uv's too.
INSTALLER ?= uv
PIP       := $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV        := $(BIN)/uv pip install --quiet --python $(BIN)/python
LINKED    := --no-deps --no-build-isolation --editable .
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
define install
	@if [ "$(INSTALLER)" = uv ] && $(PIP) --require-hashes -r requirements-uv.lock \
	    && $(UV) --require-hashes -r $(1) && $(UV) $(LINKED); then :; \
	else $(PIP) --require-hashes -r $(1) && $(PIP) $(LINKED); fi
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
             --no-annotate --no-header --no-emit-index-url --upgrade
WHOLE      = $(UV_COMPILE) pyproject.toml requirements-build.in
lock: | $(BIN)/python
	$(PIP) --require-hashes -r requirements-uv.lock
	$(UV_COMPILE) requirements-uv.in --output-file requirements-uv.lock
	$(WHOLE) --output-file requirements.lock
	$(WHOLE) --extra test --constraints requirements.lock --output-file requirements-test.lock
	$(WHOLE) --extra edit --constraints requirements.lock --output-file requirements-edit.lock
	$(PIP) --require-hashes -r requirements.lock
	$(BIN)/python tools/licences.py
