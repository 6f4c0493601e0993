# make demo: set up, simulate, train, score, draw, fill a clip.   make test: set up, lint, test.
# make app: set up, open the page.   make test-app: its tests in a browser.
# make test-engines: what Dask and submitit do when processes are killed.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# A process for each core, with one thread each: networks in tests are too small for more.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

.PHONY: demo test test-engines test-openstl test-slurm openstl-is-there lint app test-app chromium clean

demo: $(VENV)/installed
	$(BIN)/python tools/train.py -d seqinterp -m SimVP --model_type gSTA -c configs/seqinterp/SimVP_quick.py
	$(BIN)/python tools/train.py -d seqinterp_infill -m LatentAffine -c configs/seqinterp/LatentAffine_quick.py
	@echo "MSE over images 4 and 16:"
	@$(BIN)/python tools/compare.py work_dirs/seqinterp_SimVP_quick_n6 work_dirs/seqinterp_infill_LatentAffine_quick_n6
	@echo "A clip of its own, without training:"
	$(BIN)/python tools/demo_clip.py work_dirs/clip.npy
	$(BIN)/seqinterp predict work_dirs/clip.npy --missing 6 12 13 19 --truth work_dirs/clip.npy --uncertainty \
		--as mp4 --out work_dirs/clip --overwrite
	@echo "look at work_dirs/clip/strip.png and work_dirs/clip/clip.mp4"

test: lint
	$(PYTEST)

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# make test-openstl OPENSTL=DIR: the tests on a checkout of OpenSTL as the host
test-openstl: openstl-is-there $(VENV)/installed-openstl
	SEQINTERP_HOST=openstl PYTHONPATH="$(abspath $(OPENSTL))" $(PYTEST)

test-engines: $(VENV)/installed-test
	$(PYTEST) -m engines tests/apps

# make test-slurm: the launcher on a cluster of SLURM on this machine; needs root, slurm-wlm and munge
test-slurm: $(VENV)/installed-test
	OMP_NUM_THREADS=1 tools/slurm_localhost.sh $(BIN)/python -m pytest tests/slurm

openstl-is-there:
	@test -f "$(OPENSTL)/openstl/methods/__init__.py" || \
	{ echo "error: OPENSTL='$(OPENSTL)' is no checkout of OpenSTL; give one with OPENSTL=DIR" >&2; exit 2; }

app: $(VENV)/installed-app
	$(BIN)/seqinterp app

test-app: $(VENV)/installed-test-app chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m browser tests/apps/web

# Debian's, with apt where that may install; tests that find none are skipped and say so.
chromium:
	@command -v chromium > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get update -qq && \
	apt-get install -qq --yes --no-install-recommends chromium; } || echo "cannot install chromium here"

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@echo "installing into $(VENV): PyTorch is large, this takes minutes ..."
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

# What tests need on top: $(VENV)/installed-test; what OpenSTL does: $(VENV)/installed-openstl; the page, and its tests.
$(VENV)/installed-test: EXTRAS = test
$(VENV)/installed-openstl: EXTRAS = test,openstl
$(VENV)/installed-app: EXTRAS = app
$(VENV)/installed-test-app: EXTRAS = test,test-app
$(VENV)/installed-test $(VENV)/installed-openstl $(VENV)/installed-app $(VENV)/installed-test-app: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -e '.[$(EXTRAS)]'
	@touch $@

clean:
	rm -rf $(VENV)
