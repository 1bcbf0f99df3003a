# The project's vocabulary. `make help` lists it.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= ../shared/data
WEIGHTS ?= ../shared/weights
# What the model card says of the data, which no figure tells. These notes are about these data only.
NOTES ?= $(if $(filter ../shared/data,$(DATA)),models/DATA_NOTES.md)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.DEFAULT_GOAL := help
.PHONY: help demo test check format build emulate serve train evaluate pictures events bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Two set-ups in one virtual environment: `client` runs the demo, `dev` everything.
# Their locks agree on every version they share, so one can follow the other.
define SET_UP
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.13 ..." \
	  if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) from $<. The first time this takes a while."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --no-deps --require-hashes -r $<
	@$(PIP) --no-build-isolation --no-deps -e .
endef

$(VENV)/.client: client/requirements.txt pyproject.toml
	$(SET_UP)
	@touch $@

$(VENV)/.dev: tests/requirements.txt pyproject.toml
	$(SET_UP)
	@touch $@ $(VENV)/.client

demo: $(VENV)/.client ## Judge the faces of the example pictures and write annotated copies to build/demo
	@$(BIN)/maskclient image client/examples/*.jpg --out build/demo; status=$$?; \
	  test $$status -le 1 || exit $$status
	@echo "Annotated copies: build/demo"

test: $(VENV)/.dev ## Run every test, with branch coverage
	$(BIN)/python -m pytest --cov --cov-report=term --cov-report=html:build/coverage

check: $(VENV)/.dev ## Lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests

format: $(VENV)/.dev ## Put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(VENV)/.dev ## Build the Lambda artefact into .aws-sam/build
	$(BIN)/python infra/build.py

emulate: build ## Run every event against the artefact under the Lambda Runtime Interface Emulator
	$(BIN)/python infra/emulate.py

serve: $(VENV)/.client ## Serve the function over plain HTTP: make serve PORT=8000
	$(BIN)/python -m uvicorn maskservice.handler:app --host $(HOST) --port $(PORT)

# Masks are drawn on bare faces where the detector that finds their landmarks is at hand.
LANDMARKS := $(if $(wildcard $(WEIGHTS)/yunet_n_320_320.onnx),build/train/landmarks.json)

train: $(VENV)/.dev $(LANDMARKS) ## Train, calibrate, evaluate and export the classifier
	$(BIN)/python -m masktrain train --data $(DATA) --weights $(WEIGHTS) $(LANDMARKS:%=--landmarks %) $(NOTES:%=--notes %)

build/train/landmarks.json: | $(VENV)/.dev
	$(BIN)/python -m masktrain landmarks --data $(DATA) --weights $(WEIGHTS) --out $@

evaluate: $(VENV)/.dev ## Measure the shipped model and write its card
	$(BIN)/python -m masktrain evaluate --data $(DATA) $(NOTES:%=--notes %)

pictures: $(VENV)/.dev ## Draw the example pictures anew
	$(BIN)/python -m masktrain pictures --out client/examples

events: $(VENV)/.dev ## Write infra/events anew from the example pictures
	$(BIN)/python infra/make_events.py

bench: $(VENV)/.dev ## Time the function; one table, build/bench.json
	$(BIN)/python -m tests.benchmarks.function

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml
lock: $(VENV)/.dev ## Pin every dependency anew (add ARGS=--upgrade for newer ones)
	$(UV_COMPILE) --extra dev -o tests/requirements.txt $(ARGS)
	$(UV_COMPILE) --extra client --extra install -c tests/requirements.txt -o client/requirements.txt
	$(UV_COMPILE) --extra function -c tests/requirements.txt -o function/requirements.txt

clean: ## Remove what was built, not the virtual environment
	rm -rf build .aws-sam .coverage
