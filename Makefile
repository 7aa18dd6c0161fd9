# The commands of a developer. `make` lists them. CI runs the same ones.

PYTHON_BOOTSTRAP ?= python3
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest -n 2
# A third process, because these tests often wait for the embedded AWS.
WAITING_PYTEST := $(PYTHON) -m pytest -n 3 --dist worksteal
# The packages of `make run`, and those of all other commands.
LOCAL := .venv/installed-local
INSTALLED := .venv/installed
FUNCTION := .venv-function/installed
OSLS := node_modules/.package-lock.json
INFRASTRUCTURE := .venv/infrastructure
CHECKOV := .venv-checkov/installed
BENCH := .venv/bench
INSTALL := scripts/install_packages.py
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Containers often set this variable. Each test process would then compile all tests again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help install run aws reset deploy-local undeploy-local deploy remove template restore outputs moderator heartbeat smoke test test-security test-infra \
	test-e2e test-slow lint check check-full bench format openapi lock audit sbom clean attack deployable deployed

help: ## List the commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "make %-16s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Create the environment in .venv with all tools (the other commands install what they need)

run: $(LOCAL) ## Serve the API and run the worker, on the embedded AWS (PORT=8000 AWS_PORT=4566 RELOAD=1 ENGINE=dynamodb-local)
	@$(PYTHON) -m devstack run

aws: $(LOCAL) ## Start only the embedded AWS and write .local/env, for a debugger (AWS_PORT= ENGINE=)
	@$(PYTHON) -m devstack aws

reset: $(LOCAL) ## Delete the data of the embedded AWS
	@$(PYTHON) -m devstack reset

deploy-local: $(LOCAL) $(FUNCTION) $(OSLS) ## Deploy serverless.yml into an embedded AWS and serve it (AWS_PORT=4566)
	@$(PYTHON) -m devstack deploy

undeploy-local: $(LOCAL) $(OSLS) ## Remove the local deployment, except for its data
	@$(PYTHON) -m devstack undeploy

deploy: $(LOCAL) $(OSLS) ## Deploy a stage to AWS: its data, then its functions (STAGE= AWS_REGION= IMAGE=…@sha256:…; settings: docs/deployment.md)
	@test -n "$(STAGE)" && test -n "$(IMAGE)" && test -n "$(AWS_REGION)" || \
		{ echo "Usage: make deploy STAGE=dev IMAGE=<repository>@sha256:<digest> AWS_REGION=eu-central-1"; exit 2; }
	@$(PYTHON) -m scripts.deploy "$(STAGE)" "$(IMAGE)"

remove: $(LOCAL) $(OSLS) ## Remove the functions of a stage from AWS, and keep its data (STAGE= AWS_REGION=; CONFIRM=<stage> asks nothing)
	@test -n "$(STAGE)" && test -n "$(AWS_REGION)" || { echo "Usage: make remove STAGE=dev AWS_REGION=eu-central-1"; exit 2; }
	@$(PYTHON) -m scripts.remove "$(STAGE)"

template: $(LOCAL) $(OSLS) ## Write dist/dwipper-<stage>.json, a template for `aws cloudformation deploy` (STAGE=)
	@test -n "$(STAGE)" || { echo "Usage: make template STAGE=dev"; exit 2; }
	@$(PYTHON) -m scripts.template "$(STAGE)"

restore: $(LOCAL) ## Restore tables of a stage to an earlier time, beside the present ones (STAGE= AWS_REGION= TIME=; TABLES="Dwipps …")
	@test -n "$(STAGE)" && test -n "$(AWS_REGION)" && test -n "$(TIME)" || \
		{ echo "Usage: make restore STAGE=dev AWS_REGION=eu-central-1 TIME=2026-11-26T18:00:00Z [TABLES=Dwipps]"; exit 2; }
	@$(PYTHON) -m scripts.restore "$(STAGE)" "$(TIME)" $(TABLES)

outputs: $(LOCAL) ## Print the outputs of a deployed stage as JSON (STAGE= AWS_REGION=)
	@test -n "$(STAGE)" && test -n "$(AWS_REGION)" || { echo "Usage: make outputs STAGE=dev AWS_REGION=eu-central-1"; exit 2; }
	@$(PYTHON) -m scripts.stack_outputs "$(STAGE)"

moderator: $(LOCAL) ## Make a member a moderator, in make run or in a stage (EMAIL=; STAGE= AWS_REGION=; REMOVE=1 to undo it)
	@test -n "$(EMAIL)" && { test -z "$(STAGE)" || test -n "$(AWS_REGION)"; } || \
		{ echo "Usage: make moderator EMAIL=you@example.org [STAGE=dev AWS_REGION=eu-central-1] [REMOVE=1]"; exit 2; }
	@$(PYTHON) -m scripts.moderators $(if $(REMOVE),remove,add) "$(EMAIL)" "$(STAGE)"

heartbeat: $(LOCAL) ## Create the member that the heartbeat of a stage logs in (STAGE= AWS_REGION=)
	@test -n "$(STAGE)" && test -n "$(AWS_REGION)" || { echo "Usage: make heartbeat STAGE=dev AWS_REGION=eu-central-1"; exit 2; }
	@$(PYTHON) -m scripts.heartbeat_member "$(STAGE)"

smoke: $(LOCAL) ## Test a running API from outside (URL=; EMAIL= to enter the code, or USER_POOL_ID= and AWS credentials)
	@test -n "$(URL)" || { echo "Usage: make smoke URL=http://… EMAIL=you@example.org"; exit 2; }
	@$(PYTHON) -m tests.e2e.smoke "$(URL)"

test: $(INSTALLED) ## Run the fast tests, in less than three minutes (COVERAGE=1: measure the coverage, in four minutes)
	$(WAITING_PYTEST) $(if $(COVERAGE),--cov --cov-report=term)

test-security: $(INSTALLED) ## Run the attacks, the fuzzer and the fault injection, and print their figures
	$(WAITING_PYTEST) -m security

test-infra: $(INSTALLED) $(INFRASTRUCTURE) $(CHECKOV) $(FUNCTION) $(OSLS) ## Check templates, roles, pipelines and image (requires Node.js, buildah, debootstrap)
	.venv/bin/cfn-lint deploy/data.yml deploy/account.yml deploy/domain.yml deploy/roles.yml deploy/github-oidc.yml pipeline.yml
	$(PYTEST) --dist loadgroup -m "infrastructure and not longest"

test-e2e: $(INSTALLED) $(FUNCTION) $(OSLS) ## Deploy into an embedded AWS and test through its gateway (requires Node.js)
	$(PYTEST) --dist loadfile -m deployed

test-slow: $(INSTALLED) $(BENCH) ## Run the other slow tests: crashes, contention, capacity, benchmarks (requires Java, Maven)
	$(PYTEST) --dist worksteal -m "slow and not (security or infrastructure or deployed or clients or browser or longest)"

lint: $(INSTALLED) ## Check format, lint, spelling, types, imports, and that openapi.json is current
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	.venv/bin/codespell
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m scripts.export_openapi | diff -u openapi.json - || { echo "openapi.json is outdated: run make openapi"; exit 1; }

check: COVERAGE := 1
check: lint test test-security test-infra test-e2e test-slow ## Run the gate of CI

check-full: check ## Run the gate, the longest tests, ten times the state-machine examples, clients, and a browser (requires Chromium, Rust)
	$(PYTHON) -m pytest -m longest
	EXAMPLES=10 $(PYTHON) -m pytest -m "model and slow"
	$(PYTEST) --dist loadfile -m clients
	$(PYTHON) -m pytest -m browser

bench: $(INSTALLED) $(FUNCTION) $(BENCH) ## Measure costs and times, and write the results (PARTS="cold_start …": run only these parts, write no files)
	@$(PYTHON) -m benchmarks $(PARTS)

format: $(INSTALLED) ## Format the code and fix what the linter can fix
	$(PYTHON) -m ruff check --fix --exit-zero
	$(PYTHON) -m ruff format

openapi: $(LOCAL) ## Write openapi.json from the code
	$(PYTHON) -m scripts.export_openapi > openapi.json

# MiniStack pins botocore, so the lock of the runtime follows that of development.
lock: $(INSTALLED) ## Update the lock files
	$(COMPILE) pyproject.toml --group local --group test --group lint --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --constraint requirements/dev.txt --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml --constraint requirements/dev.txt --group local --output-file requirements/local.txt
	$(COMPILE) pyproject.toml --constraint requirements/dev.txt --group server --output-file requirements/server.txt
	$(COMPILE) pyproject.toml --constraint requirements/runtime.txt --group function --output-file requirements/function.txt
	$(COMPILE) --group infrastructure --output-file requirements/infrastructure.txt
	$(COMPILE) --group checkov --output-file requirements/checkov.txt
	$(COMPILE) --group aws-cli --output-file requirements/aws-cli.txt
	$(COMPILE) --constraint requirements/dev.txt --group bench --output-file requirements/bench.txt
	for function in tutorial powertools; do $(COMPILE) --constraint requirements/runtime.txt --group $$function \
		--output-file benchmarks/functions/$$function/requirements.txt || exit 1; done
	$(COMPILE) tests/e2e/clients/python/requirements.in --output-file tests/e2e/clients/python/requirements.txt

audit: $(INSTALLED) ## Look up known vulnerabilities of the function's packages (requires the internet)
	.venv/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements/runtime.txt \
		$(shell awk '/^[^\#]/ { print "--ignore-vuln", $$1 }' requirements/accepted-findings.txt)

sbom: $(INSTALLED) ## Write dist/sbom.json, the bill of materials of the function (CycloneDX)
	mkdir -p dist
	.venv/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom.json requirements/runtime.txt

clean: ## Delete the environments and all caches, but not the data of the embedded AWS
	rm -rf .venv .venv-function .venv-checkov .*_cache .hypothesis .coverage .coverage.* htmlcov
	find app benchmarks devstack scripts testkit tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Earlier names.
attack: test-security
deployable: test-infra
deployed: test-e2e

# A changed lock file of development recreates the environment as well, so that it has no package of an earlier lock.
$(LOCAL): requirements/local.txt requirements/dev.txt
	@command -v $(PYTHON_BOOTSTRAP) >/dev/null || \
		{ echo "Python was not found: install 3.11 or newer, or name it: make PYTHON_BOOTSTRAP=python3.12"; exit 1; }
	@$(PYTHON_BOOTSTRAP) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON_BOOTSTRAP) is too old: install 3.11 or newer, or name it: make PYTHON_BOOTSTRAP=python3.12"; exit 1; }
	@$(PYTHON_BOOTSTRAP) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is incomplete: apt-get install python3-venv"; exit 1; }
	@echo "Creating the environment in .venv ..."
	@$(PYTHON_BOOTSTRAP) -m venv --clear .venv
	@$(PYTHON) $(INSTALL) requirements/local.txt
	@touch $@

$(INSTALLED): requirements/dev.txt $(LOCAL)
	@$(PYTHON) $(INSTALL) requirements/dev.txt
	@touch $@

# The packages of the function's image, and AWS's runtime client. Nothing for development or tests.
$(FUNCTION): requirements/function.txt | $(LOCAL)
	@echo "Creating the function's environment in .venv-function ..."
	@$(PYTHON_BOOTSTRAP) -m venv --clear .venv-function
	@.venv-function/bin/python $(INSTALL) requirements/function.txt
	@touch $@

$(INFRASTRUCTURE): requirements/infrastructure.txt $(INSTALLED)
	@$(PYTHON) $(INSTALL) requirements/infrastructure.txt
	@touch $@

$(CHECKOV): requirements/checkov.txt | $(INSTALLED)
	@echo "Creating checkov's environment in .venv-checkov ..."
	@$(PYTHON_BOOTSTRAP) -m venv --clear .venv-checkov
	@.venv-checkov/bin/python $(INSTALL) requirements/checkov.txt
	@touch $@

$(BENCH): requirements/bench.txt $(INSTALLED)
	@$(PYTHON) $(INSTALL) requirements/bench.txt
	@touch $@

$(OSLS): package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer"; exit 1; }
	@echo "Installing osls in node_modules ..."
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
