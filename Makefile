# Everything that can be done here: `make help`.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip
COMPILE := compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 --no-header pyproject.toml
PORT ?= 7860
SAMPLES := samples/statements

# A folder of the user's own goes into the user's own store, never together with the invented samples.
ifdef DOCS
STATEMENTS := $(BIN)/statements
else
DOCS := $(SAMPLES)
STATEMENTS := $(BIN)/statements --store var/samples
endif

.PHONY: help run setup setup-dev test test-llm check bench torture lock samples clean
help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: setup  ## set up, take in DOCS (default: the samples), open the assistant on PORT
	$(STATEMENTS) models --prepare
	$(STATEMENTS) ingest "$(DOCS)" $(if $(METADATA),--metadata "$(METADATA)") || test $$? -eq 1
	$(STATEMENTS) serve --port $(PORT) --open

setup: $(VENV)/setup  ## a virtual environment with everything that running needs

$(VENV)/pip: requirements-uv.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed; on Debian and Ubuntu: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is incomplete; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

$(VENV)/setup: $(VENV)/pip requirements.lock pyproject.toml
	$(UV) install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup-dev: $(VENV)/setup-dev  ## the same with what tests and checks need

$(VENV)/setup-dev: $(VENV)/setup requirements-dev.lock
	$(UV) install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

test: setup-dev  ## set up and run the tests
	$(BIN)/statements models --prepare
	$(BIN)/python -m pytest

test-llm: setup-dev  ## test the writer of a language model with a small real one (downloads about 130 MB)
	$(UV) install --quiet --python $(BIN)/python "xllamacpp==2026.10.11549"
	$(BIN)/python -m tests.small_model
	$(BIN)/python -m pytest tests/test_small_model.py tests/test_llm_writer.py

check: setup-dev  ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

bench: setup-dev  ## measure
	$(BIN)/statements models --prepare
	$(BIN)/python bench/embedder.py
	$(BIN)/python bench/product.py

lock: $(VENV)/pip  ## resolve the requirements anew
	$(UV) $(COMPILE) --group build --upgrade -o requirements.lock
	$(UV) $(COMPILE) --group build --extra dev -c requirements.lock -o requirements-dev.lock
	echo uv | $(UV) compile --quiet --generate-hashes --no-emit-index-url --universal --no-header --upgrade - -o requirements-uv.lock

torture: setup-dev  ## kill a writing store 200 times and compare what it holds with what it had acknowledged
	$(BIN)/python tests/torture.py --kills 200

samples: setup-dev  ## build the sample PDF and DOCX files from their sources
	$(BIN)/python samples/build.py

clean:  ## take away the environment and the samples' store
	rm -rf $(VENV) var build *.egg-info
