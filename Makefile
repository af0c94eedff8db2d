# A fresh machine needs Python 3.11 or newer with venv, and make. `make demo` and `make test` install
# everything else into environments of their own.

PYTHON ?= python3
DEMO := .venv
DEV := .venv-test
FLOORS := .venv-floors
DATA := sample_data
OUT := demo-output

.DEFAULT_GOAL := help
.PHONY: help demo test test-floors check docs fuzz bench bench-smoke sanitize clean

help:
	@echo "make demo      install, fit and score the sample data, print the table"
	@echo "make test      install with test dependencies; lint, types, docs and all tests"
	@echo "make test-floors  run the tests with the least version of every dependency"
	@echo "make docs      write the generated parts of README.md and docs/ anew"
	@echo "make fuzz      damage files of every format, and see how each ends (hours)"
	@echo "make bench-smoke  see that the benchmarks run"
	@echo "make bench     measure beside other evaluators (slow; installs them apart)"
	@echo "make sanitize  run the tests of the native core under address and UB sanitizers"
	@echo "make clean     remove environments and build output"

demo: $(DEMO)/installed
	mkdir -p $(OUT)
	$(DEMO)/bin/anomeval fit $(DATA)/knn/val.h5 -o $(OUT)/val.fit.json
	$(DEMO)/bin/anomeval score $(DATA)/knn/test.h5 --fit $(OUT)/val.fit.json --by category \
		--json $(OUT)/result.json
	$(DEMO)/bin/anomeval report $(DATA)/knn/test.h5 --fit $(OUT)/val.fit.json \
		--validation $(DATA)/knn/val.h5 --images $(DATA)/images -o $(OUT)/report.html

test: $(DEV)/installed check
	$(DEV)/bin/python -m pytest -n auto
	ANOMEVAL_CORE=numpy $(DEV)/bin/python -m pytest -n auto tests/laws tests/hand_checked

# Tests that need PyTorch or a plugin of its own environment stay with `make test`; what older
# versions of others only deprecate is no fault here.
test-floors: $(FLOORS)/installed
	$(FLOORS)/bin/python -m pytest -n auto -W ignore::DeprecationWarning \
		tests/counting tests/hand_checked tests/judging tests/predictions tests/layouts \
		tests/cli tests/reporting tests/page tests/figures tests/apply tests/distributed

check: $(DEV)/installed
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy
	$(DEV)/bin/cog --check -I . README.md docs/*.md

docs: $(DEV)/installed
	$(DEV)/bin/cog -r -I . README.md docs/*.md

fuzz: $(DEV)/installed
	$(DEV)/bin/python -m fuzz.run --count 10000

bench: $(DEMO)/installed
	$(DEMO)/bin/python benchmarks/run.py --anomalib --huge $(if $(ONLY),--only $(ONLY))

bench-smoke: $(DEMO)/installed
	$(DEMO)/bin/python benchmarks/run.py --smoke

sanitize: $(DEV)/installed
	PYTHON=$(CURDIR)/$(DEV)/bin/python sh tests/counting/sanitize.sh

# One environment per purpose: the demo shows that the declared dependencies are enough.
$(DEMO)/installed: pyproject.toml setup.py
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(DEV)/installed: pyproject.toml setup.py
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(DEV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

$(FLOORS)/installed: pyproject.toml setup.py tests/floors.py
	$(PYTHON) -m venv $(FLOORS)
	$(FLOORS)/bin/python tests/floors.py > $(FLOORS)/constraints.txt
	$(FLOORS)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint $(FLOORS)/constraints.txt \
		--editable '.[dask,plots,remote,hdf5plugin,imagecodecs]' \
		html5lib hypothesis junitparser playwright pytest pytest-xdist scikit-learn
	touch $@

clean:
	rm -rf $(DEMO) $(DEV) $(FLOORS) $(OUT) build *.egg-info
