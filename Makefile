# One command, one chore. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COVERED := $(VENV)/covered.json
RUN_STAMP := $(VENV)/.run-installed
TEST_STAMP := $(VENV)/.test-installed
# Training: see processing/training/README.md.
TRAIN_VENV := .venv-train
TRAIN_STAMP := $(TRAIN_VENV)/.train-installed
TRAIN := $(TRAIN_VENV)/bin/python -m processing.training
MODELS ?= processing/models
MARKS ?= processing/training/marks.json
HAIR_STEPS ?= 20000
HEADS_STEPS ?= 5000
NETWORKS ?= all
WORKERS ?= 1
LEARN_FROM = --pictures $(PICTURES) --labels $(LABELS)
TRAIN_FLAGS = --marks $(MARKS) --workers $(WORKERS)
.DEFAULT_GOAL := help
.PHONY: help run test test-fast fuzz lint format bench bench-quality load train train-folders lock programs clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## serve on http://127.0.0.1:8000 (flags: make run ARGS="--port 9000")
	@exec $(BIN)/python run.py $(ARGS)

# Two at a time, since most of them wait for something; a file's tests stay together. The short ones
# come last, so that neither waits long for the other. They start servers by the dozen, which need
# not be compiled each time.
test: export PYTHONDONTWRITEBYTECODE =
test: export PYTHONPYCACHEPREFIX = $(CURDIR)/$(VENV)/pycache
test: $(TEST_STAMP) programs ## run every test, with coverage
	$(BIN)/python -m slipcover --json --out $(COVERED) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)
	$(BIN)/python -m slipcover --merge $(COVERED) --out $(COVERED) --fail-under 90

test-fast: $(TEST_STAMP) ## run the unit tests only
	$(BIN)/python -m pytest tests/unit $(ARGS)

fuzz: $(TEST_STAMP) ## feed the parsers and the service at random for half an hour (ARGS="--minutes 5")
	$(BIN)/python -m tests.fuzz $(ARGS)

lint: $(TEST_STAMP) programs ## ruff, mypy --strict, bandit; deploy/ and the cluster's manifests; what is pinned, installed and known of it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit -q -c pyproject.toml -r run.py server media processing storage
	$(BIN)/python -m tests.deploy_check
	$(BIN)/python -m tests.manifests
	$(BIN)/python -m tests.audit $(ARGS)

format: $(TEST_STAMP) ## lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(TEST_STAMP) ## measure throughput, latency, overload and fairness
	$(BIN)/python -m tests.bench $(ARGS)

bench-quality: $(TEST_STAMP) ## measure masks, colour, leakage, flicker; draw sheets to look at
	$(BIN)/python -m tests.bench.quality $(ARGS)

load: $(TEST_STAMP) ## put a service under load by Locust for a minute, report in out/ (ARGS="soak --minutes 30")
	$(BIN)/python -m tests.load $(ARGS)

train: train-folders $(TRAIN_STAMP) ## train the networks (PICTURES=folder LABELS=folder OUT=folder [TEACHER=model.tflite])
	$(if $(TEACHER),$(TRAIN) label --teacher $(TEACHER) $(if $(STUDENTS),--students $(STUDENTS)) $(LEARN_FROM))
	mkdir -p $(OUT) $(MODELS)
	$(TRAIN) train heads $(LEARN_FROM) $(TRAIN_FLAGS) --checkpoint $(OUT)/heads.pt --steps $(HEADS_STEPS)
	$(TRAIN) train hair $(LEARN_FROM) $(TRAIN_FLAGS) --checkpoint $(OUT)/hair.pt --steps $(HAIR_STEPS)
	$(TRAIN) export heads --checkpoint $(OUT)/heads.pt --out $(MODELS)/heads-$(NETWORKS).onnx
	$(TRAIN) export hair --checkpoint $(OUT)/hair.pt --out $(MODELS)/hair-$(NETWORKS).onnx

train-folders:
	$(foreach name,PICTURES LABELS OUT,$(if $($(name)),,$(error make train needs $(name)=folder)))

lock: ## compile pyproject.toml into the pinned requirements files
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile --universal -q --upgrade --no-header --no-emit-index-url \
		pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --universal -q --upgrade --no-header --no-emit-index-url \
		--group test -c requirements.txt -o tests/requirements.txt

# The tests drive the system's Chromium, coturn, ClamAV and nginx; promtool and amtool look at rules.
# Without root they have to be there.
programs:
	@if ! { command -v chromium && command -v turnserver && command -v clamd && \
	command -v nginx && command -v promtool && command -v amtool; } >/dev/null && \
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	chromium coturn clamav-daemon && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends nginx-light prometheus prometheus-alertmanager; fi

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(TRAIN_STAMP): requirements.txt processing/training/requirements.txt
	$(PYTHON) -m venv $(TRAIN_VENV)
	$(TRAIN_VENV)/bin/python -m pip install -q --disable-pip-version-check \
		-r requirements.txt -r processing/training/requirements.txt
	@touch $@

$(TEST_STAMP): tests/requirements.txt $(RUN_STAMP)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r tests/requirements.txt
	@touch $@
