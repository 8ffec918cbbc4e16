# Everything a person types. The first run of a target makes the environments that it needs.
#
#   make demo     photos in, avatars out, on a cloud of your own    PHOTOS= STYLES= COUNT= OUT= USER_ID= PORT= REVIEW=all ENGINE=tiny LANE=async-endpoint
#   make up       that cloud, left running; prints who signs in how   make down ends it
#   make test     every test that needs no AWS account, but for those that take minutes: make test-long
#   make check    lint, types, imports, template: with make test and make test-long, what CI runs
#   make bench    speed and memory, as a table and as bench.json
#   make deploy   to AWS                                             ENV=dev|staging|prod

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ENV ?= dev
OUT ?= out
PORT ?= 4566
WORKERS ?= 2

DEV := .envs/dev/bin
LOCAL := .envs/cloud/bin/python -m infra.local
export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/likeness:$(CURDIR)/model
export SAM_CLI_TELEMETRY := 0

.PHONY: help demo up down status test test-long test-model test-stack test-diffusion test-browser mutants check lint types imports template bench deploy weights launch lock generated replay previews clean

help:
	@sed -n '3,9s/^#   //p' Makefile

# --- environments ---------------------------------------------------------------------------------

.envs/dev/.ready: requirements/dev.txt requirements/install.sh
	@requirements/install.sh dev
.envs/cloud/.ready: requirements/cloud.txt requirements/install.sh
	@requirements/install.sh cloud
.envs/sam/.ready: requirements/sam.txt requirements/install.sh
	@requirements/install.sh sam
.envs/vision/.ready: requirements/vision.txt requirements/install.sh
	@requirements/install.sh vision
.envs/chromium/.ready: requirements/chromium.sh
	@requirements/chromium.sh
.envs/bench/.ready: requirements/bench.txt requirements/install.sh
	@requirements/install.sh bench
.envs/mutants/.ready: requirements/mutants.txt requirements/install.sh
	@requirements/install.sh mutants
.envs/model/.ready: model/requirements-dev.txt requirements/install.sh
	@requirements/install.sh model

.envs/launch/.ready: model/requirements-launch.txt requirements/install.sh
	@requirements/install.sh launch

LAPTOP := .envs/cloud/.ready .envs/sam/.ready .envs/vision/.ready .envs/model/.ready

# --- the laptop cloud -----------------------------------------------------------------------------

demo: $(LAPTOP)
	@$(LOCAL).demo --port $(PORT) --out "$(OUT)" \
	  $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(STYLES),--styles "$(STYLES)") \
	  $(if $(ENGINE),--engine "$(ENGINE)") $(if $(LANE),--lane "$(LANE)") \
	  $(if $(COUNT),--count "$(COUNT)") $(if $(USER_ID),--user "$(USER_ID)") \
	  $(if $(REVIEW),--review "$(REVIEW)")

up: $(LAPTOP)
	@$(LOCAL) up --port $(PORT)

down: .envs/cloud/.ready
	@$(LOCAL) down

status: .envs/cloud/.ready
	@$(LOCAL) status

# --- tests ------------------------------------------------------------------------------------------

test: .envs/dev/.ready .envs/model/.ready $(LAPTOP)
	$(DEV)/python -m pytest tests --ignore tests/model -m "not stack and not browser and not long" -n $(WORKERS) -q
	.envs/model/bin/python -m pytest tests/model -m "not long" -n $(WORKERS) -q
	$(DEV)/python -m pytest tests/stack -m "stack and not long" -q

test-long: test-stack test-diffusion test-browser ## What make test leaves out: minutes each, and CI runs them

test-stack: .envs/dev/.ready $(LAPTOP) ## Each end of a job, the ledger's model, events, receipts, credentials, the API's description
	$(DEV)/python -m pytest tests/local tests/stack -m "stack and long" -q

test-model: .envs/model/.ready
	.envs/model/bin/python -m pytest tests/model -n $(WORKERS) -q

test-diffusion: .envs/model/.ready
	.envs/model/bin/python -m pytest tests/model -m long -n $(WORKERS) -q

test-browser: .envs/dev/.ready .envs/chromium/.ready $(LAPTOP) ## Screenshots of every screen: build/console
	$(DEV)/python -m pytest tests/browser -m browser -q

mutants: .envs/dev/.ready .envs/mutants/.ready ## Mutation testing of domain and services, hours without PATHS="domain/account services/jobs/submit_job.py"
	.envs/mutants/bin/python -m tests.mutants --workers $(WORKERS) $(PATHS)

# --- checks -----------------------------------------------------------------------------------------

check: lint types imports template

lint: .envs/dev/.ready
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/hadolint model/Dockerfile

types: .envs/dev/.ready
	$(DEV)/mypy

imports: .envs/dev/.ready
	$(DEV)/lint-imports

template: .envs/sam/.ready
	.envs/sam/bin/cfn-lint template.yaml infra/storage.yaml infra/identity.yaml infra/gpu.yaml infra/events.yaml infra/console.yaml infra/provenance.yaml infra/receipts.yaml infra/alarms.yaml
	.envs/sam/bin/sam validate --lint --region eu-central-1

# --- the rest ---------------------------------------------------------------------------------------

bench: .envs/dev/.ready .envs/bench/.ready $(LAPTOP)
	$(DEV)/python -m tests.bench --out bench.json

deploy: .envs/sam/.ready .envs/cloud/.ready
	@: "$${TRAINING_IMAGE:?Name the container image with its digest: make deploy ENV=$(ENV) TRAINING_IMAGE=...}"
	PATH="$(CURDIR)/.envs/cloud/bin:$$PATH" UV="$(CURDIR)/.envs/uv/bin/uv" ARCHITECTURE=arm64 \
	  .envs/sam/bin/sam build --config-env $(ENV)
	.envs/sam/bin/sam deploy --config-env $(ENV) \
	  --parameter-overrides Stage=$(ENV) Architecture=arm64 TrainingImage="$$TRAINING_IMAGE" $(PARAMETERS)
	.envs/cloud/bin/python -m infra.publish_console --config-env $(ENV)

weights: .envs/model/.ready ## The manifest of a folder of downloaded weights: SOURCE= [LICENCE= REVISION=]
	@: "$${SOURCE:?Name the folder of downloaded weights: make weights SOURCE=folder}"
	@.envs/model/bin/python -m likeness_model.weights "$(SOURCE)" \
	  $(if $(LICENCE),--licence "$(LICENCE)") $(if $(REVISION),--revision "$(REVISION)")

launch: .envs/launch/.ready ## A training job by hand: STACK= PHOTOS= [STYLES= COUNT= ENGINE= OUT=]
	@PYTHONPATH=model:layers/likeness .envs/launch/bin/python -m likeness_model.launch \
	  --stack "$(or $(STACK),likeness-$(ENV))" --photos "$(or $(PHOTOS),infra/local/demo/photos)" --out "$(OUT)" \
	  $(if $(STYLES),--styles "$(STYLES)") $(if $(COUNT),--count "$(COUNT)") $(if $(ENGINE),--engine "$(ENGINE)")

lock: ## Resolve every .in file anew. No registry's address gets into a lock file.
	requirements/install.sh uv
	for name in cloud sam vision dev mutants; do \
	  .envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.13 requirements/$$name.in -o requirements/$$name.txt; done
	for layer in deps c2pa rivagan; do \
	  .envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.13 layers/$$layer/requirements.in -o layers/$$layer/requirements.txt; done
	.envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.11 requirements/bench.in -o requirements/bench.txt
	cd model && for name in requirements requirements-diffusion requirements-launch; do \
	  ../.envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.11 $$name.in -o $$name.txt; done
	cd model && ../.envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt \
	  $$(grep -oE '^(nvidia|cuda|triton)[a-z0-9-]*' requirements-diffusion.txt | sed 's/^/--no-emit-package /')

generated: .envs/dev/.ready ## Files that are generated from the code: policy.md, openapi.json, event schemas
	$(DEV)/python -m likeness.commands.policy_table > docs/policy.md
	$(DEV)/python -m docs.openapi
	$(DEV)/python -m infra.event_schemas

replay: .envs/cloud/.ready ## What the webhook did not take, once more: make replay STACK=likeness-dev
	@.envs/cloud/bin/python -m infra.replay --stack "$${STACK:?Name the stack: make replay STACK=likeness-dev}" $(if $(LIMIT),--limit $(LIMIT))

previews: .envs/model/.ready ## The pictures of GET /v1/styles, drawn anew
	.envs/model/bin/python -m likeness_model.painter.previews \
	  --photo infra/local/demo/photos/01-original.jpg --out layers/likeness/likeness/policy/previews

clean: down
	rm -rf .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
