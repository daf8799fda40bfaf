# The commands of docs and CI. `make run` is all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
WORKERS ?= 2

.PHONY: run test security fuzz lint demo bench erd strings clean help

help:            ## what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*##/ —/'

$(VENV)/.server: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.server
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

run: $(VENV)/.server       ## install, migrate, load the demo clinic into an empty database, serve on http://127.0.0.1:5000
	$(RUN) run.py --prepare

demo: $(VENV)/.server      ## the demo clinic alone, without serving
	$(BIN)/flask --app run deploy
	$(BIN)/flask --app run demo load

test: $(VENV)/.dev         ## everything: rules, pages, both databases, architecture, translations, browser
	$(RUN) -m pytest -n $(WORKERS) --dist loadgroup -q

security: $(VENV)/.dev     ## every attack, and the table of docs/security.md
	SOYOO_ATTACKS=1000 $(RUN) -m pytest tests/security -n $(WORKERS) --dist loadgroup -q --attacks

fuzz: $(VENV)/.dev         ## 2 000 cases of the API's document and 50 rounds of sixteen who book, on each database
	SOYOO_API_CASES=2000 SOYOO_RACES=50 $(RUN) -m pytest -q -s tests/api/test_schemathesis.py tests/scheduling/test_races.py tests/scheduling/test_series.py tests/scheduling/test_promises.py

lint: $(VENV)/.dev         ## style, types, templates, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(RUN) tools/typecheck.py
	$(BIN)/djlint --lint --quiet app/templates
	$(RUN) tools/strings.py check

strings: $(VENV)/.dev      ## put new strings into both catalogues
	$(RUN) tools/strings.py update

erd: $(VENV)/.dev          ## draw docs/erd.svg from the models
	$(RUN) tools/erd.py

bench: $(VENV)/.dev        ## the benchmarks
	$(RUN) -m bench

clean:           ## remove what the commands above made, but never the clinic's data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
