# Everything one does with the product. `make help` lists it.

UV := scripts/uv
RUN := cd backend && ../$(UV) run --locked
PAGE := frontend/dist/spymaster/browser/index.html
PAGE_SOURCES := $(shell find frontend/src frontend/public -type f) frontend/angular.json frontend/tsconfig.json frontend/tsconfig.app.json
export NG_CLI_ANALYTICS := false

.PHONY: help run test test-backend test-frontend test-browser check format wire bench audit build setup clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: setup build ## Install what is missing, build the page, serve on http://localhost:8000
	$(RUN) spymaster serve

test: test-backend test-frontend test-browser ## Install what is missing, run every test

test-backend: setup ## Only the backend's tests: first those without processes, side by side
	$(RUN) pytest -n auto --ignore=tests/integration --ignore=tests/faults
	$(RUN) pytest tests/integration tests/faults

test-frontend: .setup/frontend ## Only the page's unit tests
	cd frontend && npm test

test-browser: setup build ## Only the tests in a real browser
	scripts/ensure-chromium
	cd frontend && npm run e2e

check: setup ## Formatting, lint, types, import direction, wire types, lock files
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports
	cd frontend && npm run format:check && npm run lint
	cd backend && ../$(UV) run --locked python -m spymaster.gateway.wire | npm --prefix ../frontend run --silent wire:check
	scripts/check-locks

format: setup ## Rewrite sources in the house format
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	cd frontend && npm run format
	scripts/tidy-lock

wire: setup ## Generate the page's types from the backend's messages
	cd backend && ../$(UV) run --locked python -m spymaster.gateway.wire | npm --prefix ../frontend run --silent wire

bench: setup build ## Measure speed against named references
	scripts/ensure-chromium
	$(RUN) python benchmarks/run.py

audit: setup ## Ask the public databases for known holes in what we depend on
	$(RUN) --with pip-audit pip-audit --strict --skip-editable
	cd frontend && npm audit

build: $(PAGE) ## Build the page

setup: .setup/backend .setup/frontend ## Install what is missing

clean: ## Remove what was built and installed here
	rm -rf .setup .tools backend/.venv frontend/node_modules frontend/dist frontend/.angular

.setup/backend: backend/pyproject.toml backend/uv.lock
	$(UV) sync --locked --compile-bytecode --project backend
	$(RUN) python -m compileall -q src
	$(RUN) python -m spymaster.warm_up
	@mkdir -p .setup && touch $@

.setup/frontend: frontend/package.json frontend/package-lock.json
	cd frontend && npm ci --no-fund --no-audit
	@mkdir -p .setup && touch $@

$(PAGE): .setup/frontend $(PAGE_SOURCES)
	cd frontend && npm run build
	@touch $@
