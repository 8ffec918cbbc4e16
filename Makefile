# The commands of the project: `make help` lists them. The first run of a target installs the
# environments that it needs (.envs/).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ENV ?= dev
OUT ?= out
PORT ?= 4566
WORKERS ?= 2
SPLIT = -n $(WORKERS) --dist worksteal

DEV := .envs/dev/bin
LOCAL := .envs/cloud/bin/python -m laptop_cloud --project infra.laptop.project:likeness
NODE := PATH="$(CURDIR)/.envs/node/bin:$$PATH"
export PYTHONPATH := $(CURDIR):$(CURDIR)/clients/python:$(CURDIR)/laptop-cloud:$(CURDIR)/layers/likeness:$(CURDIR)/model
export SAM_CLI_TELEMETRY := 0
# Each process of a run imports the same modules. Apart from the sources, which `sam build` copies.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/bytecode
# $(call need,VARIABLE,message): stop with the message if the variable is empty.
need = @[ -n "$($(1))" ] || { echo "$(2)" >&2; exit 2; }

.PHONY: help demo up app down status env test test-path test-service test-container test-deployment test-js test-long test-model test-stack test-diffusion test-image test-browser fuzz mutants check lint types imports template preflight package bench load fairness image deploy account rehearse capacity dashboard certificate clients weights launch lock generated previews proof hooks clean

help: ## List the targets
	@awk -F ':.*## ' '/^# --- /{gsub(/^# -+ | ?-+$$/, ""); heading = $$0} \
	  /^[a-z-]+:.*## /{if (heading) {print "\n" heading; heading = ""} n = split($$2, part, / \[/); \
	    printf "  make %-15s %s\n", $$1, part[1]; if (n > 1) printf "  %20s [%s\n", "", part[2]}' Makefile

# --- environments ---------------------------------------------------------------------------------

.envs/uv/.ready: requirements/install.sh
	@requirements/install.sh uv && touch $@
.envs/dev/.ready: requirements/dev.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh dev
.envs/cloud/.ready: requirements/cloud.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh cloud
.envs/sam/.ready: requirements/sam.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh sam
.envs/vision/.ready: requirements/vision.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh vision
.envs/checkov/.ready: requirements/checkov.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh checkov
.envs/chromium/.ready: requirements/chromium.sh
	@requirements/chromium.sh
.envs/node/.ready: requirements/node.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh node
node_modules/.ready: package-lock.json | .envs/node/.ready
	@$(NODE) npm ci --loglevel error && touch $@
.envs/bench/.ready: requirements/bench.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh bench
.envs/mutants/.ready: requirements/mutants.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh mutants
.envs/model/.ready: model/requirements-dev.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh model

.envs/image/.ready: model/requirements-diffusion.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh image
.envs/launch/.ready: model/requirements-launch.txt requirements/install.sh | .envs/uv/.ready
	@requirements/install.sh launch

LAPTOP := .envs/cloud/.ready .envs/sam/.ready .envs/vision/.ready .envs/model/.ready

# --- the laptop cloud -----------------------------------------------------------------------------

demo: $(LAPTOP) ## Photos in, avatars out, on a cloud on your machine [PHOTOS= STYLES= COUNT= OUT= USER_ID= PORT= ENGINE=tiny BACKEND=async-endpoint REVIEW=all]
	@.envs/cloud/bin/python -m demo --port $(PORT) --out "$(OUT)" \
	  $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(STYLES),--styles "$(STYLES)") \
	  $(if $(ENGINE),--engine "$(ENGINE)") $(if $(BACKEND),--backend "$(BACKEND)") \
	  $(if $(COUNT),--count "$(COUNT)") $(if $(USER_ID),--user "$(USER_ID)") \
	  $(if $(REVIEW),--review "$(REVIEW)")

up: $(LAPTOP) ## Start that cloud; print URLs and credentials [PORT= QUOTAS=aws WEBHOOK=http://127.0.0.1:8080/events]
	@$(LOCAL) up --port $(PORT) --quotas "$(QUOTAS)"
	@$(if $(WEBHOOK),.envs/cloud/bin/python -m infra.laptop.webhook "$(WEBHOOK)")

app: $(LAPTOP) ## That cloud, and the example app in front of it, until Ctrl-C [APP_PORT= PORT=]
	@.envs/cloud/bin/python -m examples.app --port "$(or $(APP_PORT),3000)" --cloud-port $(PORT)

down: .envs/cloud/.ready ## Stop it and delete its files
	@$(LOCAL) down

status: .envs/cloud/.ready ## Show what runs
	@$(LOCAL) status

env: .envs/cloud/.ready ## Print URLs and new credentials: eval "$(make -s env)"
	@$(LOCAL) env

# --- tests ------------------------------------------------------------------------------------------

TESTS := test-path test-service test-container test-deployment test-js
SERVICE := tests/unit tests/integration tests/workflow
FAST := -m "not stack and not long" -q

test: .envs/dev/.ready node_modules/.ready .envs/model/.ready .envs/checkov/.ready $(LAPTOP) ## The fast tests: a process for each of the next five, two at a time; none needs an AWS account [WORKERS=]
	@echo "$(WORKERS) at a time, each printed at its end: $(TESTS)"
	@$(MAKE) -j $(WORKERS) --keep-going --output-sync=target $(TESTS)

test-service: .envs/dev/.ready ## Of these: the product's domain, use cases, adapters and state machine
	$(DEV)/python -m pytest $(SERVICE) $(FAST)

test-deployment: .envs/dev/.ready node_modules/.ready .envs/checkov/.ready $(LAPTOP) ## Of these: templates, documents, clients, the parts of the laptop cloud
	$(DEV)/python -m pytest tests clients/python/tests laptop-cloud/tests \
	  $(addprefix --ignore ,$(SERVICE) tests/model tests/stack tests/browser) $(FAST)

test-container: .envs/model/.ready ## Of these: the container's, apart from the diffusion engines
	.envs/model/bin/python -m pytest tests/model --ignore tests/model/diffusion $(FAST)

test-js: node_modules/.ready ## Of these: the TypeScript client and the moderators' page
	$(NODE) npm test --silent --workspace likeness-client
	$(NODE) node --test --test-reporter=dot 'tests/console/*.test.js'

test-path: .envs/dev/.ready $(LAPTOP) ## Of these: one job on the laptop cloud
	$(DEV)/python -m pytest tests/stack -m "stack and not long" -q

test-long: test-stack test-diffusion test-browser ## The tests that take minutes: test-stack, test-diffusion, test-browser

test-stack: .envs/dev/.ready node_modules/.ready $(LAPTOP) ## The long tests of the deployed template on the laptop cloud
	$(DEV)/python -m pytest laptop-cloud/tests tests/stack tests/laptop -m "stack and long" -n $(WORKERS) --dist loadscope -q

test-model: .envs/model/.ready ## All tests of the container
	.envs/model/bin/python -m pytest tests/model $(SPLIT) -q

test-diffusion: .envs/model/.ready ## The container's long tests: the diffusion engines
	.envs/model/bin/python -m pytest tests/model/diffusion $(SPLIT) -q

test-image: .envs/image/.ready ## The container's tests on the packages of the diffusion image, CUDA included: 7 GB
	.envs/image/bin/python -m pytest tests/model $(SPLIT) -q

test-browser: .envs/dev/.ready .envs/chromium/.ready $(LAPTOP) ## The moderators' page and the example app in Chromium; screenshots in build/screens
	$(DEV)/python -m pytest tests/browser -m browser -n $(WORKERS) --dist loadfile -q

fuzz: .envs/dev/.ready ## Mutated pictures, new ones each time, until one breaks a limit; about 10 minutes [EXAMPLES=]
	FUZZ_EXAMPLES=$(or $(EXAMPLES),10000) $(DEV)/python -m pytest tests/unit/photos/test_pictures_fuzz.py -q

mutants: .envs/dev/.ready .envs/mutants/.ready ## Mutation testing of domain and services; takes hours without PATHS [PATHS="domain/account services/jobs/submit_job.py"]
	.envs/mutants/bin/python -m tests.mutants --workers $(WORKERS) $(PATHS)

# --- checks -----------------------------------------------------------------------------------------

check: lint types imports template ## Lint, types, import contracts, templates

lint: .envs/dev/.ready node_modules/.ready ## ruff, biome for JavaScript, redocly for the API's document, hadolint for the Dockerfile
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(NODE) node_modules/.bin/biome check --error-on-warnings
	$(NODE) REDOCLY_SUPPRESS_UPDATE_NOTICE=true node_modules/.bin/redocly lint --config docs/redocly.yaml docs/openapi.json
	$(DEV)/hadolint model/Dockerfile

build/console/api.d.ts: docs/openapi.json node_modules/.ready
	@$(NODE) node_modules/.bin/openapi-typescript docs/openapi.json --root-types --root-types-no-schema-prefix --output $@ >/dev/null

types: .envs/dev/.ready node_modules/.ready build/console/api.d.ts ## mypy and tsc
	$(DEV)/mypy
	$(NODE) node_modules/.bin/tsc
	$(NODE) npm run check --silent --workspace likeness-client

imports: .envs/dev/.ready ## The import contracts of pyproject.toml
	$(DEV)/lint-imports

template: .envs/sam/.ready ## cfn-lint and sam validate
	.envs/sam/bin/cfn-lint template.yaml $(filter-out %.asl.yaml,$(wildcard infra/*.yaml))
	.envs/sam/bin/sam validate --lint --region eu-central-1

preflight: package .envs/dev/.ready .envs/checkov/.ready ## Find offline what AWS would refuse; an image's manifest is read from ECR [TRAINING_IMAGE=]
	@.envs/sam/bin/python -m infra.preflight
	@$(if $(TRAINING_IMAGE),.envs/cloud/bin/python -m infra.image check "$(TRAINING_IMAGE)")

package: .envs/sam/.ready .envs/cloud/.ready ## Build the functions and layers as deploy does, for AWS's arm64
	env -u PYTHONPYCACHEPREFIX PATH="$(CURDIR)/.envs/cloud/bin:$$PATH" UV="$(CURDIR)/.envs/uv/bin/uv" ARCHITECTURE=arm64 \
	  .envs/sam/bin/sam build --config-env $(ENV)

# --- operations and generated files -----------------------------------------------------------------

hooks: .envs/dev/.ready ## Install the git hook that runs make check before each commit
	$(DEV)/pre-commit install

clients: .envs/dev/.ready node_modules/.ready ## Build the clients: a wheel and an npm tarball in build/clients
	.envs/uv/bin/uv build --quiet --wheel --python $(DEV)/python --out-dir build/clients clients/python
	$(NODE) npm pack --silent --workspace likeness-client --pack-destination build/clients

bench: .envs/dev/.ready .envs/bench/.ready $(LAPTOP) ## Measure speed and memory; writes bench.json
	$(DEV)/python -m tests.bench --out bench.json

load: .envs/dev/.ready $(LAPTOP) ## Many jobs at once on that cloud, and what it saw [JOBS=50 REAL=0 PORT=]
	@$(DEV)/python -m tests.bench.load --jobs "$(or $(JOBS),50)" --real "$(or $(REAL),0)" --port $(PORT)

fairness: .envs/dev/.ready .envs/model/.ready ## Measure by group how people are treated, on this machine [PHOTOS=people/ GROUPS=table.csv OUT= STYLES= COUNT= POLICY=]
	$(call need,PHOTOS,Name a folder with a folder of photos for each person: make fairness PHOTOS=folder)
	@$(DEV)/python -m tests.bench.fairness --photos "$(PHOTOS)" --out "$(OUT)" \
	  $(if $(GROUPS),--groups "$(GROUPS)") $(if $(STYLES),--styles "$(STYLES)") \
	  $(if $(COUNT),--count "$(COUNT)") $(if $(POLICY),--policy "$(POLICY)")

image: .envs/cloud/.ready ## Build the container's image for SageMaker; print its name [VARIANT=painter|diffusion REPOSITORY= PUSH=1]
	@.envs/cloud/bin/python -m infra.image build $(if $(VARIANT),--variant "$(VARIANT)") \
	  $(if $(REPOSITORY),--repository "$(REPOSITORY)") $(if $(PUSH),--push)

deploy: .envs/sam/.ready .envs/cloud/.ready ## Deploy to AWS [ENV=dev|staging|prod TRAINING_IMAGE= PARAMETERS= CONFIRM=yes|no]
	$(call need,TRAINING_IMAGE,Name the container image with its digest: make deploy ENV=$(ENV) TRAINING_IMAGE=...)
	@.envs/cloud/bin/python -m infra.release check --config-env "$(ENV)"
	.envs/cloud/bin/python -m infra.image check "$$TRAINING_IMAGE"
	@$(MAKE) package
	release=$$(.envs/cloud/bin/python -m infra.release digest --config-env $(ENV) TrainingImage="$$TRAINING_IMAGE" $(PARAMETERS)); \
	.envs/sam/bin/sam deploy --config-env $(ENV) \
	  $(if $(CONFIRM),--$(if $(filter no,$(CONFIRM)),no-)confirm-changeset) \
	  --parameter-overrides $(if $(filter Stage=%,$(PARAMETERS)),,Stage=$(ENV)) Architecture=arm64 Release="$$release" TrainingImage="$$TRAINING_IMAGE" $(PARAMETERS)
	.envs/cloud/bin/python -m infra.publish_console --config-env $(ENV)
	.envs/cloud/bin/python -m infra.release prune --config-env $(ENV)

account: .envs/sam/.ready ## Create what the stages of an account share: the image repository [ENV=dev|staging|prod, for its region]
	.envs/sam/bin/sam deploy --config-file "$(CURDIR)/samconfig.toml" --config-env $(ENV) --template-file infra/account.yaml \
	  --stack-name likeness-account --tags product=likeness --no-confirm-changeset

capacity: .envs/dev/.ready ## What a load of jobs needs of AWS and costs; WRITE=1 writes docs/capacity.md [JOBS_PER_DAY=1000000 PEAK= REVIEW= ENGINE= INSTANCE= BACKEND= WRITE=1]
	@$(DEV)/python -m infra.capacity --jobs-per-day "$(or $(JOBS_PER_DAY),1000000)" \
	  $(if $(PEAK),--peak "$(PEAK)") $(if $(REVIEW),--review "$(REVIEW)") \
	  $(if $(ENGINE),--engine "$(ENGINE)") $(if $(INSTANCE),--instance "$(INSTANCE)") \
	  $(if $(BACKEND),--backend "$(BACKEND)") $(if $(WRITE),--write)

rehearse: .envs/dev/.ready $(LAPTOP) ## Check an account, deploy to it, run one job, verify its deletion, count its cost [STACK= TRAINING_IMAGE= PARAMETERS= ONLY=checks YES=1 COUNT= OUT= PORT=]
	$(call need,STACK,Name the stack: make rehearse STACK=likeness-dev)
	@[ "$(STACK)" = likeness-local ] || $(MAKE) preflight
	@$(DEV)/python -m infra.rehearse --stack "$(STACK)" --out "$(OUT)" --port $(PORT) \
	  $(if $(TRAINING_IMAGE),--image "$(TRAINING_IMAGE)") $(if $(PARAMETERS),--parameters "$(PARAMETERS)") \
	  $(if $(ONLY),--only "$(ONLY)") $(if $(YES),--yes) $(if $(COUNT),--count $(COUNT))

dashboard: .envs/dev/.ready ## Draw a stage's dashboard with its figures, as SVG [STACK=likeness-local|... MINUTES= OUT=]
	$(call need,STACK,Name the stack: make dashboard STACK=likeness-local)
	@$(DEV)/python -m infra.dashboard --stack "$(STACK)" $(if $(MINUTES),--minutes "$(MINUTES)") --out "$(OUT)/dashboard.svg"

certificate: .envs/cloud/.ready ## The certificate of the avatars' signing key [STACK= DO=request|store|issue AUTHORITY=1 CHAIN= ANCHORS=]
	$(call need,STACK,Name the stack: make certificate STACK=likeness-dev DO=request)
	@.envs/cloud/bin/python -m infra.certificate --stack "$(STACK)" $(or $(DO),request) $(if $(AUTHORITY),--authority) \
	  $(if $(CHAIN),--chain "$(CHAIN)") $(if $(ANCHORS),--anchors "$(ANCHORS)")

weights: .envs/model/.ready ## Write the manifest of a folder of downloaded weights [SOURCE= LICENCE= REVISION=]
	$(call need,SOURCE,Name the folder of downloaded weights: make weights SOURCE=folder)
	@.envs/model/bin/python -m likeness_model.tools.weights "$(SOURCE)" \
	  $(if $(LICENCE),--licence "$(LICENCE)") $(if $(REVISION),--revision "$(REVISION)")

launch: .envs/launch/.ready ## Start one training job by hand [STACK= PHOTOS= STYLES= COUNT= ENGINE= OUT=]
	@PYTHONPATH=model:layers/likeness .envs/launch/bin/python -m likeness_model.tools.launch \
	  --stack "$(or $(STACK),likeness-$(ENV))" --photos "$(or $(PHOTOS),demo/photos)" --out "$(OUT)" \
	  $(if $(STYLES),--styles "$(STYLES)") $(if $(COUNT),--count "$(COUNT)") $(if $(ENGINE),--engine "$(ENGINE)")

lock: .envs/node/.ready ## Resolve every .in file and package.json again. Lock files contain no registry address
	requirements/install.sh uv
	for name in cloud sam vision checkov dev node mutants; do \
	  .envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.13 requirements/$$name.in -o requirements/$$name.txt; done
	for layer in deps c2pa rivagan; do \
	  .envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.13 layers/$$layer/requirements.in -o layers/$$layer/requirements.txt; done
	.envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.11 requirements/bench.in -o requirements/bench.txt
	cd model && for name in requirements requirements-diffusion; do \
	  ../.envs/uv/bin/uv pip compile -q --upgrade --no-header --generate-hashes --only-binary :all: --python-version 3.11 \
	    --python-platform x86_64-manylinux_2_28 $$name.in -o $$name.txt; done # the images'
	cd model && ../.envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.11 requirements-launch.in -o requirements-launch.txt
	cd model && compile="../.envs/uv/bin/uv pip compile -q --upgrade --no-header --python-version 3.11 requirements-dev.in --override requirements-override.in" \
	  && $$compile -o requirements-dev.txt $$($$compile | grep -oE '^(nvidia|cuda|triton)[a-z0-9-]*' | sed 's/^/--no-emit-package /')
	$(NODE) npm update --package-lock-only --loglevel error

generated: .envs/dev/.ready node_modules/.ready ## Generate docs/policy.md, docs/openapi.json, docs/events/ and the clients' types
	$(DEV)/python -m likeness.commands.policy_table > docs/policy.md
	$(DEV)/python -m docs.openapi
	$(DEV)/python -m docs.event_schemas
	$(DEV)/python -m clients.generate

previews: .envs/model/.ready ## Draw the styles' preview pictures again [STYLES=]
	.envs/model/bin/python -m likeness_model.tools.previews \
	  --photo demo/photos/01-original.jpg --out layers/likeness/likeness/policy/previews $(if $(STYLES),--styles "$(STYLES)")

proof: .envs/model/.ready ## Draw the styles on photos; write sheet and measures [PHOTOS= STYLES= OUT=]
	.envs/model/bin/python -m likeness_model.tools.proof --photos "$(or $(PHOTOS),demo/photos)" \
	  --out "$(OUT)" $(if $(STYLES),--styles "$(STYLES)")

clean: down ## Stop the laptop cloud; delete caches and build output
	rm -rf .aws-sam build clients/typescript/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
