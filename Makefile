# What a developer does, one target each; `make` lists them. CI runs the same ones.

PYTHON_BOOTSTRAP ?= python3
PYTHON := .venv/bin/python
INSTALLED := .venv/installed
FUNCTION := .venv-function/installed
OSLS := node_modules/.package-lock.json
PROVING := .venv/proving
BENCH := .venv/bench
COMPILE := .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"

ATTACKS := tests/security tests/fuzz/test_fuzz.py tests/resilience/test_random_faults.py tests/resilience/test_single_faults.py \
	tests/resilience/test_account_ownership.py

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run aws deploy-local undeploy-local deploy remove outputs smoke deployable deployed reset test attack bench check check-full format lock openapi audit sbom clean

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-16s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make the environment in .venv from the lock file, as run, test and check do by themselves

run: $(INSTALLED) ## Serve the API on the embedded AWS (PORT=8000 AWS_PORT=4566 RELOAD=1 ENGINE=dynamodb-local)
	@$(PYTHON) -m devstack run

aws: $(INSTALLED) ## Start the embedded AWS alone and write .local/env, for a debugger (AWS_PORT= ENGINE=)
	@$(PYTHON) -m devstack aws

deploy-local: $(INSTALLED) $(FUNCTION) $(OSLS) ## Deploy serverless.yml into an embedded AWS, and answer there (AWS_PORT=4566)
	@$(PYTHON) -m devstack deploy

undeploy-local: $(INSTALLED) $(OSLS) ## Remove that deployment again, but for its data
	@$(PYTHON) -m devstack undeploy

deploy: $(INSTALLED) $(OSLS) ## Deploy to Amazon (STAGE=dev|prod IMAGE=…@sha256:… AWS_REGION=; ALARM_EMAIL=, prod: MAIL_FROM= SES_IDENTITY_ARN=)
	@test -n "$(STAGE)" && test -n "$(IMAGE)" && test -n "$(AWS_REGION)" || \
		{ echo "Usage: make deploy STAGE=dev IMAGE=<repository>@sha256:<digest> AWS_REGION=eu-central-1"; exit 2; }
	@test "$(STAGE)" != prod || { test -n "$$SES_IDENTITY_ARN" && test -n "$$MAIL_FROM"; } || \
		{ echo "prod wants SES_IDENTITY_ARN= and MAIL_FROM=: Cognito's own sender stops at 50 mails a day"; exit 2; }
	node_modules/.bin/osls deploy --stage "$(STAGE)" --region "$(AWS_REGION)" --param "image=$(IMAGE)"

remove: $(INSTALLED) $(OSLS) ## Remove a stage from Amazon, but for its tables and user pool (STAGE= AWS_REGION=)
	@test -n "$(STAGE)" && test -n "$(AWS_REGION)" || { echo "Usage: make remove STAGE=dev AWS_REGION=eu-central-1"; exit 2; }
	@# What goes has no image and mails nothing, but osls wants the files to be whole.
	SES_IDENTITY_ARN=none MAIL_FROM=none node_modules/.bin/osls remove --stage "$(STAGE)" --region "$(AWS_REGION)" \
		--param image=dwipper@sha256:$$(printf '0%.0s' $$(seq 64))

outputs: $(INSTALLED) ## Print what a deployed stage gives out, as JSON (STAGE= AWS_REGION=)
	@$(PYTHON) scripts/stack_outputs.py $(STAGE)

smoke: $(INSTALLED) ## Try a running API with the whole story (URL=; EMAIL= to read the code, or USER_POOL_ID= and AWS credentials)
	@test -n "$(URL)" || { echo "Usage: make smoke URL=http://… EMAIL=you@example.org"; exit 2; }
	@$(PYTHON) -m tests.e2e.smoke "$(URL)"

reset: $(INSTALLED) ## Drop the embedded AWS's data
	@$(PYTHON) -m devstack reset

test: $(INSTALLED) ## Run the suite, and print which branches it leaves out
	$(PYTHON) -m pytest -n 2 --dist worksteal --cov --cov-report=term

attack: $(INSTALLED) ## Attack, fuzz and break the API, and print how often (a part of check, for who wants to see the figures)
	$(PYTHON) -m pytest -m "" -n 2 --dist worksteal $(ATTACKS)

deployable: $(INSTALLED) $(PROVING) $(FUNCTION) $(OSLS) ## Prove that it would deploy: templates, roles, pipelines, image (wants Node.js, buildah, debootstrap)
	.venv/bin/cfn-lint deploy/data.yml deploy/account.yml deploy/roles.yml deploy/github-oidc.yml pipeline.yml
	$(PYTHON) -m pytest -m "" -n 2 --dist loadgroup tests/infrastructure

deployed: $(INSTALLED) $(FUNCTION) $(OSLS) ## Deploy into an embedded AWS, and tell every story through its gateway (a part of check)
	$(PYTHON) -m pytest -m "" -n 2 --dist loadfile tests/e2e/deployed

bench: $(INSTALLED) $(FUNCTION) $(BENCH) ## Measure costs and times beside the usual design, and write benchmarks/RESULTS.md (PARTS= for some, and nothing written; wants Java and Maven)
	@$(PYTHON) -m benchmarks $(PARTS)

check: $(INSTALLED) $(BENCH) ## All that CI holds: format, lint, types, imports, OpenAPI drift, the suite and its slow part
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m scripts.export_openapi | diff -u openapi.json - || { echo "openapi.json is behind the code: make openapi"; exit 1; }
	$(MAKE) test
	$(MAKE) attack
	$(MAKE) deployable
	$(MAKE) deployed
	$(PYTHON) -m pytest -m slow $(addprefix --ignore=,$(ATTACKS) tests/infrastructure tests/e2e/deployed tests/e2e/clients tests/e2e/browser)

check-full: check ## The same, ten times as many examples, generated clients, and the docs page in a browser (wants Chromium)
	EXAMPLES=10 $(PYTHON) -m pytest -m slow tests/resilience/test_model.py
	$(PYTHON) -m pytest -m slow -n 2 --dist loadfile tests/e2e/clients
	$(PYTHON) -m pytest -m slow tests/e2e/browser

format: $(INSTALLED) ## Format the code, and mend what the linter can mend by itself
	$(PYTHON) -m ruff check --fix --exit-zero
	$(PYTHON) -m ruff format

# The runtime's lock follows the other, since MiniStack pins the botocore that both have to use.
lock: $(INSTALLED) ## Renew the lock files in requirements/
	$(COMPILE) --upgrade --group local --group test --group lint --output-file requirements/dev.txt
	$(COMPILE) --upgrade --constraint requirements/dev.txt --output-file requirements/runtime.txt
	$(COMPILE) --upgrade --constraint requirements/dev.txt --group server --output-file requirements/server.txt
	$(COMPILE) --upgrade --constraint requirements/runtime.txt --group function --output-file requirements/function.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --group deployable --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" --output-file requirements/deployable.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --constraint requirements/dev.txt \
		--group bench --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		--output-file requirements/bench.txt
	for function in tutorial powertools; do .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
		--constraint requirements/runtime.txt --group $$function --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --output-file benchmarks/functions/$$function/requirements.txt || exit 1; done
	.venv/bin/uv pip compile tests/e2e/clients/python/requirements.in --quiet --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		--output-file tests/e2e/clients/python/requirements.txt

openapi: $(INSTALLED) ## Write openapi.json from the code
	$(PYTHON) -m scripts.export_openapi > openapi.json

audit: $(INSTALLED) ## Ask PyPI for known weaknesses of what the function carries; wants the internet
	.venv/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements/runtime.txt \
		$(shell awk '/^[^\#]/ { print "--ignore-vuln", $$1 }' requirements/accepted-findings.txt)

sbom: $(INSTALLED) ## Write dist/sbom.json: what the function carries, with hashes (CycloneDX)
	mkdir -p dist
	.venv/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom.json requirements/runtime.txt

clean: ## Delete the environment and all caches, but not the embedded AWS's data
	rm -rf .venv .*_cache .hypothesis .coverage .coverage.* htmlcov
	find app benchmarks devstack scripts testkit tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/dev.txt
	@command -v $(PYTHON_BOOTSTRAP) >/dev/null || \
		{ echo "Python is missing: install 3.11 or newer, or name it: make PYTHON_BOOTSTRAP=python3.12"; exit 1; }
	@$(PYTHON_BOOTSTRAP) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON_BOOTSTRAP) is too old: install 3.11 or newer, or name it: make PYTHON_BOOTSTRAP=python3.12"; exit 1; }
	@$(PYTHON_BOOTSTRAP) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is not complete here: apt-get install python3-venv"; exit 1; }
	@echo "Making the environment in .venv ..."
	@$(PYTHON_BOOTSTRAP) -m venv --clear .venv
	@# The lock is the answer: left to resolve again, pip asks for a newer release of what is named with an extra.
	@$(PYTHON) -m pip install --quiet --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# What the function's image carries, and AWS's runtime client; nothing of a laptop or of a test.
$(FUNCTION): requirements/function.txt | $(INSTALLED)
	@echo "Making the function's environment in .venv-function ..."
	@$(PYTHON_BOOTSTRAP) -m venv --clear .venv-function
	@.venv-function/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/function.txt
	@touch $@

$(PROVING): requirements/deployable.txt $(INSTALLED)
	@$(PYTHON) -m pip install --quiet --no-deps --require-hashes -r requirements/deployable.txt
	@touch $@

$(BENCH): requirements/bench.txt $(INSTALLED)
	@$(PYTHON) -m pip install --quiet --no-deps --require-hashes -r requirements/bench.txt
	@touch $@

$(OSLS): package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer, which what deploys is written for"; exit 1; }
	@echo "Installing osls in node_modules ..."
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
