# Two commands do everything: `make run` and `make test`. Both first make what they need, and say so.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODELS = $(BIN)/python -m pytest -n 2 --dist loadgroup tests/model $(ARGS)
NEEDS = $(shell awk '!/^\#/ && ($$2 == "show" || $$2 == "$(1)") {print $$1}' vj/commands/debian.txt)

.PHONY: run test check test-processors test-gpu test-shows test-hardware system-show system-test system-hardware clean

run: system-show $(VENV)/ready
	$(BIN)/vj run $(ARGS)

test: system-test check
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder $(ARGS)

# The models' tests as on older processors, which OpenVINO and torch are told that this one is; then as on a machine with a
# graphics card, whose work the processor does.
test-processors: system-test $(VENV)/ready
	for limits in AVX2:avx2 AVX2_VNNI:avx2 AVX512_CORE:avx512; do \
	  echo "The models on a processor with $${limits%:*}"; \
	  ONEDNN_MAX_CPU_ISA=$${limits%:*} ATEN_CPU_CAPABILITY=$${limits#*:} $(MODELS) || exit 1; \
	done
	@echo "The models on a machine with a graphics card"
	TEST_ON_A_CARD=1 $(MODELS)

# Only the tests that compute on a graphics card, and what each measures. They are part of `make test` too.
test-gpu: system-test $(VENV)/ready
	$(BIN)/python -m pytest -s -rs -m gpu tests/model/test_on_a_card.py $(ARGS) || [ $$? = 5 ]  # 5: no card, so no tests

# What takes long: half an hour of three shows, hundreds of changes in a running one, and the benches on machines that lack
# something.
test-shows: system-test $(VENV)/ready
	TEST_LONG_MINUTES=$(or $(MINUTES),30) $(BIN)/python -m pytest -s tests/test_long.py tests/test_long_changes.py tests/test_long_training.py tests/show/test_learning_show.py $(ARGS)

# Tests with real devices, in an emulated machine (tests/hardware/boot tells).
test-hardware: system-hardware $(VENV)/ready
	tests/hardware/boot $(ARGS)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	for system in linux win32 darwin; do \
	  $(BIN)/mypy --platform $$system --cache-dir .mypy_cache/$$system || exit 1; \
	done

$(VENV)/ready: pyproject.toml requirements.lock
	@echo "Making $(VENV), once: gigabytes of packages, which takes minutes"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "vj needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[test]'
	touch $@

# On Debian and Ubuntu the missing system libraries are named, then installed.
system-show system-test system-hardware: system-%:
	@if command -v dpkg-query >/dev/null; then \
	  missing=""; \
	  for package in $(call NEEDS,$*) $(if $(wildcard $(VENV)/ready),,python3-venv); do \
	    dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; \
	  done; \
	  if [ -n "$$missing" ]; then \
	    echo "Installing system packages:$$missing"; \
	    root=""; [ "$$(id -u)" = 0 ] || root=sudo; \
	    $$root apt-get update -q >/dev/null && \
	    DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -q --no-install-recommends $$missing >/dev/null; \
	  fi; \
	fi

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
