# make run    the demo, or a real fleet: make run COMPANIES=file.csv INCLUDE=spf.example.com ADDRESSES=192.0.2.1,…
# make test   all tests
# make lint   ruff and mypy
# make bench  measurements; BENCH="…" passes arguments on, PROFILE=1 tells where a scan's time goes
# make mutate do the tests notice small changes of the SPF and DMARC code? MUTATE="…" passes arguments on
# Each sets up .venv by itself, with PYTHON=… when the python to use is not the one it finds.

.PHONY: run test lint bench mutate
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
	@.venv/bin/python -m data import "$$COMPANIES_FILE" || { status=$$?; [ $$status -eq 1 ] || exit $$status; }
	@.venv/bin/python -m data scan
	@exec .venv/bin/python -m dashboard
else
run: .venv/runs
	@exec .venv/bin/python -m data.demo .venv/bin/python -m dashboard
endif

test: .venv/develops
	@.venv/bin/python -m pytest $(PYTEST)

lint: .venv/develops
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m mypy

bench: .venv/measures
	@.venv/bin/python -m tests.bench $(if $(PROFILE),profile) $(BENCH)

mutate: .venv/develops
	@.venv/bin/python -m tests.bench.mutate $(MUTATE)

.venv/runs: requirements.txt
	@$(call install,requirements.txt,runs)

.venv/develops: requirements-dev.txt
	@$(call install,requirements-dev.txt,runs develops)

.venv/measures: requirements-bench.txt
	@$(call install,requirements-bench.txt,runs develops measures)

# install(requirements, stamps): the stamps are made last, and .venv/unfinished stands there while pip works, so
# that what was interrupted is built anew. Two makes at once wait for each other where there is flock.
define install
set -e; \
fail() { echo "sendwell: $$*" >&2; exit 2; }; \
[ -w . ] || fail "cannot write in $$PWD: give yourself the right, or clone where you may write"; \
exec 9>.venv.lock; \
if command -v flock >/dev/null; then flock 9; fi; \
[ ! -e $@ ] || [ -e .venv/unfinished ] || [ $(1) -nt $@ ] || exit 0; \
if [ -e .venv/unfinished ] || [ ! -e .venv/runs ]; then \
    if [ -n "$$PYTHON_ASKED" ]; then set -- "$$PYTHON_ASKED"; \
    else set -- python3 python3.14 python3.13 python3.12 python3.11; fi; \
    python=; \
    for candidate in "$$@"; do \
        if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
        then python=$$candidate; break; fi; \
    done; \
    [ -n "$$python" ] || fail "no Python 3.11 or later found ($$*): install one, or name it: PYTHON=/path/to/python3"; \
    "$$python" -c 'import ensurepip, venv' 2>/dev/null || \
        fail "$$python cannot make virtual environments: install its venv module (Debian: python3-venv)"; \
    echo "Setting up .venv (once; from half a minute, as the network is)"; \
    rm -rf .venv; mkdir .venv; touch .venv/unfinished; \
    "$$python" -m venv .venv; \
else \
    echo "Bringing .venv up to date with $(1)"; \
    touch .venv/unfinished; rm -f .venv/runs .venv/develops .venv/measures; \
fi; \
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps --require-hashes -r $(1) || \
    fail "installing $(1) failed (above): is the package index within reach?"; \
rm .venv/unfinished; \
cd .venv; touch $(2)
endef
