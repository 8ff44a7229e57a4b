# Every target sets up what it needs: a virtual environment with the pinned packages, made once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test quick changelog dock kernel-modes patterns gallery pages screenshots lan-check twin same-bytes bench bench-kernels bench-engine bench-classics bench-classroom wheel-check package-check crate-check clean

run: $(READY)
	$(BIN)/overbruggen study structure_and_imitation --overwrite

# What a contributor runs while working: under a minute on two cores.
QUICK := tests/architecture tests/contracts/test_twin.py tests/contracts/test_measures.py \
	tests/contracts/test_every_parameter_moves.py tests/classroom/test_words.py
quick: check
	TWIN_EXAMPLES=15 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(QUICK)

.PHONY: check
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder  # more than cores: many tests wait; a file's tests share what they set up
	$(BIN)/overbruggen dock --quick

dock: $(READY)
	$(BIN)/overbruggen dock --page

patterns: $(READY)
	$(BIN)/python -m docs.build.pages patterns

gallery: $(READY)
	$(BIN)/python -m docs.build.pages gallery

pages: run patterns gallery
	$(BIN)/python -m docs.build.calibration
	$(BIN)/python -m docs.build.pages results
	$(BIN)/overbruggen describe --markdown > docs/parameters.md
	$(BIN)/overbruggen describe measures --markdown > docs/measures.md
	$(BIN)/overbruggen describe classics --markdown > docs/classics.md

screenshots: $(READY)
	$(BIN)/python -m tests.browser.screenshots results/screenshots

# A class on two machines: two networks of their own on this one, with a wire between them (Linux).
lan-check: $(READY)
	unshare --net --map-root-user $(BIN)/python -m pytest tests/browser/two_machines.py

twin: $(READY)
	TWIN_EXAMPLES=2000 $(BIN)/python -m pytest tests/contracts/test_twin.py -n 2

# Compares the results of this checkout with those of another, file by file: make same-bytes BEFORE=../before
same-bytes: $(READY)
	@test -n "$(BEFORE)" || { echo "Name a checkout of the version before: make same-bytes BEFORE=folder (git worktree add folder main makes one)"; exit 1; }
	$(BIN)/python benchmarks/same_bytes.py $(BEFORE) .

# The same bytes also with Numba as it is, which compiles for more than a minute.
kernel-modes: $(READY)
	EVERY_KERNEL_MODE=1 $(BIN)/python -m pytest tests/contracts/test_kernel_modes.py

bench: $(READY)
	$(BIN)/python benchmarks/speed.py

bench-kernels: $(READY)
	$(BIN)/python benchmarks/kernels.py

bench-engine: $(READY)
	$(BIN)/python benchmarks/engine.py

bench-classics: $(READY)
	$(BIN)/python benchmarks/classics.py

# SOAK=3600 plays the last measurement for an hour instead of a minute.
bench-classroom: $(READY)
	$(BIN)/python benchmarks/classroom.py

changelog: $(READY)
	@test -n "$(VERSION)" || { echo "Name the release: make changelog VERSION=0.2.0"; exit 1; }
	$(BIN)/towncrier build --yes --version $(VERSION)

wheel-check: $(READY)
	$(BIN)/python -m build --wheel --outdir dist
	rm -rf dist/empty && $(PYTHON) -m venv dist/empty
	dist/empty/bin/python -m pip install --quiet -c constraints.txt dist/*.whl
	cd dist/empty && bin/overbruggen run run.rounds=20 --out wheel-run --overwrite && bin/overbruggen report wheel-run && bin/overbruggen describe structure

package-check: $(READY)
	rm -rf dist/package && mkdir -p dist/package
	$(BIN)/overbruggen study structure_and_imitation structure=hub,alliance replicates=3 run.rounds=40 --out dist/package/small
	$(BIN)/overbruggen figures dist/package/small --kind interaction --journal nature --columns 1
	$(BIN)/overbruggen package dist/package/small
	$(PYTHON) -m zipfile -e dist/package/small.zip dist/package/unpacked
	cd dist/package/unpacked && PYTHON=$(PYTHON) sh rebuild.sh

crate-check: package-check
	$(PYTHON) -m venv dist/validator
	dist/validator/bin/python -m pip install --quiet roc-validator==0.13.0
	dist/validator/bin/rocrate-validator validate --no-paging --profile-identifier ro-crate-1.1 --requirement-severity required dist/package/unpacked

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Overbruggen needs Python 3.11 or newer; $(PYTHON) is older: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "Setting up .venv (about a minute, once)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
