# Two commands to begin with: `make up` and `make test`. `make help` lists the rest.
STACK ?= staging
PROCESS ?= web
PYTHON ?= python3
BIN := .venv/bin
REHEARSAL := $(BIN)/python -m rehearsal

.DEFAULT_GOAL := help
.PHONY: help up preview release rollback rotate refresh recover rebuild upgrade drill backups status logs admin down clean check test test-crash test-releases test-faults job-image format bench install

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  STACK=staging|production chooses the stack, IMAGE=NAME an image of this machine, CONFIG=FILE an overlay of config,"
	@echo "  ENGINE=pulumi|conductor what runs the program (pulumi where it is installed), FAULT='500-after:POST /v2/droplets' what goes wrong"

up: .venv/run ## make a stack on this machine, or go on making it: STACK= IMAGE= CONFIG=
	@$(REHEARSAL) up --stack $(STACK) $(if $(IMAGE),--image $(IMAGE)) $(if $(CONFIG),--config $(CONFIG)) $(if $(ENGINE),--engine $(ENGINE)) \
	  $(if $(FAULT),--fault '$(FAULT)')

preview: .venv/run ## show what `up` would do; asks nobody
	@$(REHEARSAL) preview --stack $(STACK) $(if $(CONFIG),--config $(CONFIG)) $(if $(ENGINE),--engine $(ENGINE)) $(if $(REFRESH),--refresh)

refresh: .venv/run ## take into the Pulumi CLI's state what is really there
	@$(REHEARSAL) refresh --stack $(STACK)

release: .venv/run ## release the sample site as it is now, or IMAGE=; ACKNOWLEDGE=1 also risky migrations
	@$(REHEARSAL) release --stack $(STACK) $(if $(IMAGE),--image $(IMAGE)) $(if $(CONFIG),--config $(CONFIG)) $(if $(ACKNOWLEDGE),--acknowledge)

rollback: .venv/run ## go back to the release before, or TO=sha256:…; FORCE=1 also onto a schema that is too new
	@$(REHEARSAL) rollback --stack $(STACK) $(if $(TO),--to $(TO)) $(if $(CONFIG),--config $(CONFIG)) $(if $(FORCE),--force)

rotate: .venv/run ## bring out a new value of SECRET= (VALUE=- reads it from stdin, RANDOM=1, FINISH=1), and try the old one
	@$(REHEARSAL) rotate --stack $(STACK) $(SECRET) $(if $(VALUE),--stdin) $(if $(RANDOM),--random) $(if $(FINISH),--finish) \
	  $(if $(CONFIG),--config $(CONFIG))

recover: .venv/run ## put right what a killed run left behind (ENGINE=pulumi)
	@$(REHEARSAL) recover --stack $(STACK)

rebuild: .venv/run ## make a new droplet in place of a lost one, or of one to be renewed (ENGINE=pulumi)
	@$(REHEARSAL) rebuild --stack $(STACK)

upgrade: .venv/run ## bring the host's packages up to date, Docker's too: WINDOW=02:00-04:00 REBOOT=1 (ENGINE=pulumi)
	@$(REHEARSAL) upgrade --stack $(STACK) $(if $(WINDOW),--window $(WINDOW)) $(if $(REBOOT),--reboot)

drill: .venv/run ## restore the newest dump into a scratch database, and try it with the image that runs (ENGINE=pulumi)
	@$(REHEARSAL) drill --stack $(STACK)

backups: .venv/run ## the newest backups and dumps, and the last drill (ENGINE=pulumi)
	@$(REHEARSAL) backups --stack $(STACK)

status: .venv/run ## show how the stacks are: HTML=FILE also as a page, DRIFT=1 looks for drift now
	@$(REHEARSAL) status $(if $(HTML),--html $(HTML)) $(if $(DRIFT),--drift) || [ $$? -eq 4 ]

logs: .venv/run ## show what a process printed: PROCESS=web|worker|beat|broker|proxy
	@$(REHEARSAL) logs --stack $(STACK) $(PROCESS)

admin: .venv/run ## make an administrator of the rehearsed site, and show the password
	@$(REHEARSAL) admin --stack $(STACK)

down: .venv/run ## take away all that `up` made; STACK= takes only one
	@$(REHEARSAL) down $(if $(filter command line environment,$(origin STACK)),--stack $(STACK))

clean: .venv/run ## take that and what is only cached: images and the virtual environment
	@$(REHEARSAL) clean
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache

check: .venv/check ## format, lint, types and unit tests
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/pytest -q -n 2 -m "not integration"

test: .venv/check ## all of it, with whole rehearsals (about half an hour)
	@! ls .rehearsal/*/engine >/dev/null 2>&1 || { echo "a rehearsal is up, and a machine has room for one; end it first: make down" >&2; exit 1; }
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/pytest -q -n 2 -m "not rehearsal"
	@$(BIN)/pytest -q -m rehearsal

test-crash: .venv/check ## kill -9 a run at each of its API calls, then recover (the Pulumi CLI; about 20 minutes)
	@CRASH=all $(BIN)/pytest -q -s tests/engine/test_crash.py

test-releases: .venv/check ## every way for a release to fail, under load, by the conductor or ENGINE=pulumi (about 25 minutes)
	@RELEASES=all $(BIN)/pytest -q -s tests/rehearsal/test_watched_releases.py

test-faults: .venv/check ## break the site from outside under load, by the conductor or ENGINE=pulumi (about half an hour)
	@FAULTS=all $(BIN)/pytest -q -s tests/rehearsal/test_watched_faults.py

job-image: ## build and push what the pipeline's jobs run in: REPOSITORY=registry.gitlab.com/GROUP/PROJECT/job
	@test -n "$(REPOSITORY)" || { echo "REPOSITORY is missing: make job-image REPOSITORY=registry.gitlab.com/GROUP/PROJECT/job" >&2; exit 2; }
	@DOCKER_BUILDKIT=1 docker build --platform linux/amd64 --file ci/image/Dockerfile --tag $(REPOSITORY) $(BUILD_OPTIONS) .
	@docker push --quiet $(REPOSITORY) >/dev/null
	@echo "put this into .gitlab-ci.yml:"
	@docker image inspect --format '  JOB_IMAGE: {{index .RepoDigests 0}}' $(REPOSITORY)

format: .venv/check ## format and mend what can be mended, and the tables of keys and rules
	@$(BIN)/python tools/keys.py
	@$(BIN)/python -m tools.policies
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: .venv/run ## measure releases, ours and other ways, and the program's start
	@$(BIN)/python -m bench.releases
	@$(BIN)/python bench/start.py

install: .venv/check ## only install

# Bytecode is compiled now, so that the first run is as fast as the later ones.
.venv/run: requirements.txt
	@echo "installing the locked requirements into .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --compile -r requirements.txt
	@touch $@

.venv/check: requirements-dev.txt .venv/run
	@echo "installing what checks and tests need into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --compile -r requirements-dev.txt
	@touch $@
