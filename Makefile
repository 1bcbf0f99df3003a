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
.PHONY: help demo test check format build deploy build-batch deploy-batch key keys revoke-key emulate web serve train train-table evaluate client-boxes client-detectors compare train-detector evaluate-detector pictures events audit fuzz soak bench bench-client bench-batch lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

check: $(VENV)/.dev ## Lint, formatting, types, insecure code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive function client infra models

format: $(VENV)/.dev ## Put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What the artefact is built for must be what the template deploys it on.
ARCHITECTURE ?= x86_64

# Whether the artefact holds the try-it page: on or off.
WEB ?= off
ifeq ($(filter on off,$(WEB)),)
$(error WEB is "$(WEB)"; use on or off)
endif
export MASKCHECK_WEB := $(WEB)

build: $(VENV)/.dev ## Build the Lambda artefact into .aws-sam/build (ARCHITECTURE=arm64, WEB=on with the try-it page)
	MASKCHECK_ARCHITECTURE=$(ARCHITECTURE) $(BIN)/python infra/build.py

deploy: build ## Deploy what was built: make deploy PARAMETERS="AlarmEmail=you@example.org RequestsPerDay=5000"
	$(BIN)/python infra/deploy.py $(PARAMETERS)

build-batch: $(VENV)/.dev ## Build the artefact that judges what is put into a bucket, into .aws-sam/batch
	MASKCHECK_ARCHITECTURE=$(ARCHITECTURE) $(BIN)/python infra/build.py --stack batch

deploy-batch: build-batch ## Deploy it with its bucket and queue: make deploy-batch PARAMETERS="InputDays=2"
	$(BIN)/python infra/deploy.py --stack batch $(PARAMETERS)

# The keys of integrators on the deployed stack.
STACK ?= maskcheck

key: $(VENV)/.dev ## Make a key and print it: make key NAME=door-12 (STACK=maskcheck)
	@$(BIN)/python infra/keys.py create "$(NAME)" --stack $(STACK)

keys: $(VENV)/.dev ## List the keys
	@$(BIN)/python infra/keys.py list --stack $(STACK)

revoke-key: $(VENV)/.dev ## Delete a key: make revoke-key NAME=door-12
	@$(BIN)/python infra/keys.py revoke "$(NAME)" --stack $(STACK)

emulate: build ## Run every event against the artefact under the Lambda Runtime Interface Emulator
	$(BIN)/python infra/emulate.py

web: $(VENV)/.client ## Put the try-it page together in build/site (needs npm)
	@$(BIN)/python infra/build_web.py

# Browsers give a page the camera over HTTPS, or on the computer itself. A phone needs the first.
TLS = $(CERTIFICATE:%=--ssl-certfile %) $(KEY:%=--ssl-keyfile %)

serve: $(VENV)/.client ## Serve function and try-it page: make serve PORT=8000 (for phones HOST= CERTIFICATE= KEY=)
	@$(BIN)/python infra/build_web.py --quiet || echo "The API is served all the same."
	SERVE_WEB=on $(BIN)/python -m uvicorn maskservice.handler:app --host $(HOST) --port $(PORT) $(if $(CERTIFICATE),$(TLS))

# Masks are put on bare faces where the detector that finds their landmarks is at hand, and the
# mistakes of the Haar cascades are learnt from where there are labelled photographs.
TEACHER := $(wildcard $(WEIGHTS)/yunet_n_640_640.onnx)
LANDMARKS := $(if $(wildcard $(WEIGHTS)/yunet_n_320_320.onnx),build/train/landmarks.json)
NEGATIVES := $(if $(wildcard $(DATA)/scenes.csv),build/train/negatives)
PREPARED := $(LANDMARKS) $(NEGATIVES:%=%/faces.csv)

train: $(VENV)/.dev $(PREPARED) ## Train, calibrate, evaluate and export the classifier (about an hour on two cores)
	$(BIN)/python -m masktrain train --data $(DATA) --weights $(WEIGHTS) --export int8 --version 1.1.0 \
	  $(LANDMARKS:%=--landmarks %) $(NEGATIVES:%=--negatives %) $(NOTES:%=--notes %)

build/train/landmarks.json: | $(VENV)/.dev
	$(BIN)/python -m masktrain landmarks --data $(DATA) --weights $(WEIGHTS) --out $@

build/train/negatives/faces.csv: | $(VENV)/.dev
	$(BIN)/python -m masktrain negatives --data $(DATA) --out $(NEGATIVES) $(TEACHER:%=--teacher %)

train-table: $(VENV)/.dev $(LANDMARKS) ## Compare architectures, trained alike, in models/RESULTS.md (long)
	$(BIN)/python -m masktrain train-table --data $(DATA) --weights $(WEIGHTS) $(LANDMARKS:%=--landmarks %)

evaluate: $(VENV)/.dev ## Measure the shipped model; write its card, and a report with pictures to build/report
	$(BIN)/python -m masktrain evaluate --data $(DATA) $(NOTES:%=--notes %) $(CLIENT_BOXES:%=--client-boxes %)

# With these the evaluation also frames faces as the client really does.
CLIENT_BOXES := $(wildcard build/client-boxes.jsonl)

client-boxes: $(VENV)/.dev ## Find the faces of the labelled photographs as the client does, for make evaluate (long)
	$(BIN)/python -m masktrain client-boxes --data $(DATA)

client-detectors: $(VENV)/.dev ## Measure the detectors of the client, in client/DETECTORS.md (long)
	$(BIN)/python -m tests.benchmarks.detectors --data $(DATA) $(TEACHER:%=--yunet %)

compare: $(VENV)/.dev ## Accuracy and latency by input size and precision, in models/BENCHMARK.md
	$(BIN)/python -m masktrain benchmark --data $(DATA) --checkpoint build/train/checkpoint.pt

train-detector: $(VENV)/.dev $(LANDMARKS) ## Train the face detector, tune it on val and export it (over an hour on two cores)
	$(BIN)/python -m masktrain train-detector --data $(DATA) --weights $(WEIGHTS) $(LANDMARKS:%=--landmarks %)
	$(BIN)/python -m masktrain export-detector --data $(DATA)

evaluate-detector: $(VENV)/.dev ## Measure the face detector beside Haar and YuNet, in models/DETECTOR_CARD.md
	$(BIN)/python -m masktrain evaluate-detector --data $(DATA) --weights $(WEIGHTS)

pictures: $(VENV)/.dev ## Draw the example pictures anew
	$(BIN)/python -m masktrain pictures --out client/examples

events: $(VENV)/.dev ## Write infra/events anew from the example pictures
	$(BIN)/python infra/make_events.py

audit: $(VENV)/.dev ## Ask about known vulnerabilities of every locked package
	$(BIN)/python infra/audit.py

INPUTS ?= 100000
fuzz: $(VENV)/.dev ## Send broken pictures through the function (INPUTS=100000)
	$(BIN)/python -m tests.robustness.fuzz --inputs $(INPUTS)

REQUESTS ?= 10000
soak: $(VENV)/.dev ## Load the function on loopback, good and bad requests mixed (REQUESTS=10000)
	$(BIN)/python -m tests.robustness.soak --requests $(REQUESTS)

bench: $(VENV)/.dev ## Measure the function beside bare work and SAM's own build; one table, build/bench.json
	PYTHONPATH=infra $(BIN)/python -m tests.benchmarks

bench-client: $(VENV)/.dev ## Measure the camera client on one core: speed, traffic, memory; build/bench-client.json
	$(BIN)/python -m tests.benchmarks.client

bench-batch: $(VENV)/.dev ## Measure judging of many pictures, and what a million of them cost; build/bench-batch.json
	$(BIN)/python -m tests.benchmarks.batch

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml
lock: $(VENV)/.dev ## Pin every dependency anew (add ARGS=--upgrade for newer ones)
	$(UV_COMPILE) --extra dev -o tests/requirements.txt $(ARGS)
	$(UV_COMPILE) --extra client --extra install -c tests/requirements.txt -o client/requirements.txt
	$(UV_COMPILE) --extra function -c tests/requirements.txt -o function/requirements.txt
	$(UV_COMPILE) --extra container -c tests/requirements.txt -o infra/container/requirements.txt

clean: ## Remove what was built, not the virtual environment
	rm -rf build .aws-sam .coverage
