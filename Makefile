# The front door. `make` prints this list.

CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help demo test e2e proof check check-infra simulate golden schemas build bench bench-all bench-lambda fuzz package deploy smoke destroy

help: ## Print this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/' | expand -t 14

# RESOLD=PATH names a binary that is there already.
demo: ## Notifications become a correlated offer and an active entitlement, in a ledger file under target/
	@mkdir -p target && rm -f target/demo.db*
	@test -n "$(RESOLD)" || $(CARGO) build --quiet -p cli
	@./scripts/demo "$${RESOLD:-$${CARGO_TARGET_DIR:-target}/debug/resold}" target/demo.db

test: ## Run every test, with a private PostgreSQL server unless RESOLD_TEST_POSTGRES names one
	./scripts/with-postgres $(CARGO) test --workspace
	@$(MAKE) --no-print-directory e2e check-infra

# In the profile of the other tests: what works on notifications is optimized there. The whole workspace, so that everything
# has the features it was built with for the other tests, and nothing is built twice.
e2e: ## From the default bus to a subscriber: the template on an emulator, every scenario, the compiled programs, killed in the middle
	$(CARGO) test --workspace --no-run
	./scripts/with-postgres $(CARGO) test --workspace --test e2e

proof: ## Kill replays on SQLite and on PostgreSQL KILLS=1000 times each (SEED=N draws the same points again), then run them to their end
	KILLS=$${KILLS:-1000} ./scripts/with-postgres $(CARGO) test -p cli --test cli killed -- --nocapture

check: ## Formatting, clippy and the documentation, with warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --workspace --test e2e -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace --no-deps --document-private-items

check-infra: ## The template, its roles and the scripts, against the linter and an emulator from a virtual environment under target/
	@"$$(./scripts/python-tools checks)/python" -B -m unittest discover --start-directory infra/tests

simulate: ## Generated markets and faults against the real processor, for a while (FOR=10m), from a seed (SEED=17)
	$(CARGO) run --quiet --release -p cli -- simulate --for $${FOR:-60s} --seed $${SEED:-$$(date +%s)} $(ARGS)

golden: ## Write the golden results of events/ and of the command line again; read the difference before you commit it
	UPDATE_GOLDEN=1 $(CARGO) test -p resold-tests scenarios
	UPDATE_GOLDEN=1 ./scripts/with-postgres $(CARGO) test -p cli

schemas: ## Write events/schemas, the JSON Schemas of the public events, again from their types
	UPDATE_GOLDEN=1 $(CARGO) test -p resold-tests schemas

bench: ## Speed and memory beside the physical limit; ARGS="parse --json" for one section, --help names all
	./scripts/with-postgres $(CARGO) bench -p resold-tests --bench bench -- $(ARGS)

bench-all: build ## The same with the long sections: 1,000,000 streams, a file of 1 GB (30 minutes, 20 GB of disk)
	./scripts/with-postgres $(CARGO) bench -p resold-tests --bench bench -- all $(ARGS)

bench-lambda: ## Cold starts and batches of the function `ingest` beside functions that do nothing in Rust, Python and Node
	$(CARGO) build --profile function -p lambda --bins --example nothing
	./scripts/with-postgres $(CARGO) bench -p resold-tests --bench bench -- lambda $(ARGS)

fuzz: ## Look for inputs that break what must hold; FOR=10m for each target, TARGET=notification for one of fuzz/targets
	./scripts/fuzz

build: ## Build the release binary: target/release/resold
	$(CARGO) build --release -p cli

package: ## Build the Lambda functions for ARCH=arm64 (or x86_64) into target/lambda; FUNCTIONS="ingest" for some of them
	ARCH=$${ARCH:-arm64} ./scripts/package $(FUNCTIONS)

deploy: ## Deploy them to AWS as the stack STACK=resold, by the bucket BUCKET and infra/parameters.txt; it costs (infra/README.md)
	./scripts/deploy

smoke: ## Send a notification through the deployed stack STACK=resold and wait for its public event
	"$$(./scripts/python-tools checks)/python" -B scripts/smoke --stack $${STACK:-resold} $(ARGS)

destroy: ## Remove the stack STACK=resold, but for the ledger; CONFIRM=resold says that you mean it
	./scripts/destroy
