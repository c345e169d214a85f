# make run    the demo, or a real fleet: make run COMPANIES=file.csv INCLUDE=spf.example.com ADDRESSES=192.0.2.1,…
# make test   all tests
# make lint   ruff and mypy
# make bench  measurements; BENCH="…" passes arguments on
# Each sets up .venv by itself, with PYTHON=… when the python to use is not the one it finds.

.PHONY: run test lint bench
.DELETE_ON_ERROR:

# Values reach the programs through the environment alone, so a name with blanks, quotes or dollars is safe.
ifneq ($(value PORT),)
export SENDWELL_PORT := $(value PORT)
endif
ifneq ($(value COMPANIES),)
export COMPANIES_FILE := $(value COMPANIES)
ifneq ($(value INCLUDE),)
export SENDWELL_INCLUDE := $(value INCLUDE)
endif
ifneq ($(value ADDRESSES),)
export SENDWELL_SENDING_ADDRESSES := $(value ADDRESSES)
endif
ifneq ($(value DOMAIN),)
export SENDWELL_DOMAIN := $(value DOMAIN)
endif
ifneq ($(value NAMESERVERS),)
export SENDWELL_NAMESERVERS := $(value NAMESERVERS)
endif
endif
export PYTHON_ASKED := $(value PYTHON)

ifneq ($(value COMPANIES),)
# The port first: better told now than after an hour of scanning. Import's 1 means that some rows were rejected.
run: .venv/runs
	@.venv/bin/python -m dashboard --check
	@.venv/bin/python -m data import "$$COMPANIES_FILE" || [ $$? -eq 1 ]
	@.venv/bin/python -m data scan
	@exec .venv/bin/python -m dashboard
else
run: .venv/runs
	@exec .venv/bin/python -m data.demo .venv/bin/python -m dashboard
endif

test: .venv/develops
	@.venv/bin/python -m pytest $(PYTEST)

lint: .venv/develops
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: .venv/develops
	@.venv/bin/python -m tests.bench $(BENCH)

# A stamp is made last, and .venv/unfinished stands there while pip works: what was interrupted is built anew.
.venv/runs: requirements.txt
	@$(call install,requirements.txt)
	@touch $@

.venv/develops: requirements-dev.txt
	@$(call install,requirements-dev.txt)
	@touch .venv/runs $@

define install
set -e; \
if [ -e .venv/unfinished ] || ! [ -e .venv/runs -o -e .venv/develops ]; then \
    rm -f .venv/runs .venv/develops 2>/dev/null || :; \
    [ -w . ] || { echo "sendwell: cannot write in $$PWD: give yourself the right, or clone where you may write" >&2; exit 2; }; \
    python=; \
    if [ -n "$$PYTHON_ASKED" ]; then set -- "$$PYTHON_ASKED"; \
    else set -- python3 python3.14 python3.13 python3.12 python3.11; fi; \
    for candidate in "$$@"; do \
        if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
    done; \
    [ -n "$$python" ] || { echo "sendwell: no Python 3.11 or later found: install one, or name it: make PYTHON=/path/to/python3" >&2; exit 2; }; \
    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { echo "sendwell: $$python cannot make virtual environments: install its venv module (Debian, Ubuntu: python3-venv)" >&2; exit 2; }; \
    echo "Setting up .venv (once; half a minute to a few, as the network is)"; \
    "$$python" -m venv --clear .venv; \
else \
    echo "Bringing .venv up to date with $(1)"; \
fi; \
touch .venv/unfinished; \
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r $(1) || \
    { echo "sendwell: installing $(1) failed (above): is the package index within reach?" >&2; exit 2; }; \
rm .venv/unfinished
endef
