# One command each; `make help` lists them. Everything is set up on demand by tools/setup.py.
PYTHON ?= python3
PY := .venv/bin/python
LAB := .venv-lab/bin/python
NODE_PATH_FIX := PATH="$(CURDIR)/.venv/bin:$$PATH"
# Given on the command line alone: some shells have a HOST in their environment. Else DASA_HOST and DASA_PORT count.
HOST :=
PORT :=
TLS :=
DATA := DASA_DATA="$${DASA_DATA:-$(CURDIR)/.dasa}"

.DEFAULT_GOAL := help
.PHONY: help setup serve user test test-lab check wheel lock lock-lab format picture golden schemas docs clean bench bench-report bench-growth bench-models bench-store bench-dataset soak up down containers-test

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

setup: ## set up everything that serving needs
	@$(PYTHON) tools/setup.py serve

serve: setup ## set up on first use, then serve http://127.0.0.1:8080; TLS=on serves the local network
	@$(DATA) $(PY) -m dasa serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT)) $(if $(filter on,$(TLS)),--tls)

user: setup ## add the admin NAME, who may sign in where others can reach the server
	@$(if $(NAME),$(DATA) $(PY) -m dasa users add $(NAME) --admin,echo "Say who: make user NAME=anna" && exit 1)

test: ## run all tests of the product
	@$(PYTHON) tools/setup.py test
	@cd client && $(NODE_PATH_FIX) npm test --silent
	@$(PY) -m pytest --ignore tests/lab -m "not soak"

test-lab: ## run the tests of training and of the data set builder (torch, ray)
	@$(PYTHON) tools/setup.py lab
	$(LAB) -m mypy src/dasa_lab tests/lab benchmarks/dataset.py benchmarks/plain_loops.py benchmarks/label_noise.py benchmarks/near_duplicates.py
	@$(LAB) -m pytest tests/lab

check: ## ruff, mypy, import-linter, tsc, eslint
	@$(PYTHON) tools/setup.py check
	$(PY) -m ruff check .
	$(PY) -m mypy
	@$(PY) -c "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
	cd client && $(NODE_PATH_FIX) npm run --silent check
	cd client && $(NODE_PATH_FIX) npm run --silent lint

wheel: ## build the wheel and the sdist into dist/
	@$(PYTHON) tools/setup.py wheel
	@$(PY) -m build --no-isolation --outdir dist .

lock: ## renew the locks (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url pyproject.toml -o requirements/serve.txt
	for name in build dev node; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url requirements/$$name.in -o requirements/$$name.txt; done

lock-lab: ## renew the constraints of the lab, from an environment that passes make test-lab
	@$(LAB) -m tools.lab_lock

golden: ## write the golden files that both languages read
	$(PY) -m tools.golden

schemas: ## write the JSON Schemas and the client's types
	$(PY) -m tools.schemas

docs: ## write the tables of settings, calls and commands
	$(PY) -m tools.docs

picture: ## take the README's picture of the running page
	$(PY) -m tools.picture

bench: ## everything side by side with what people would use instead, 20 minutes; PARTS="server load" picks, TINY=on tries
	@$(PYTHON) tools/setup.py test
	@$(PY) -m benchmarks.peers
	@$(PY) -m benchmarks.browser.site || echo "The browser is measured without its peers."
	@$(PY) -m benchmarks.run $(PARTS) $(if $(filter on,$(TINY)),--tiny) $(if $(FERPLUS),--data $(FERPLUS)) $(if $(SHARE),--share $(SHARE))

bench-report: ## write the tables and plots of docs/benchmarks.md from what make bench measured
	@$(PY) -m benchmarks.report

soak: ## an hour of ten faces on the server, then the browser's soak: memory and latency stay flat
	@$(PYTHON) tools/setup.py test
	@$(PY) -m benchmarks.run soak-server soak-browser $(if $(filter on,$(TINY)),--tiny)

bench-growth: ## up to a million stored pictures and rows of a data set: 20 minutes, 15 GB of disk
	@$(PYTHON) tools/setup.py lab
	@$(PY) -m benchmarks.run growth-large $(if $(filter on,$(TINY)),--tiny)

bench-store: ## time both stores with 100,000 pictures, straight and through a running server
	@$(PYTHON) tools/setup.py check
	@$(PYTHON) tools/setup.py serve
	@$(PY) -m benchmarks.store

bench-models: ## time of the models for one face in Chromium (WASM, one thread) over the Face Mesh's; BUNDLE=folder
	@$(PYTHON) tools/setup.py test
	@$(PY) -m benchmarks.browser.models $(if $(BUNDLE),--bundle $(BUNDLE))

clean: ## remove what the build made; keeps data and environments
	rm -rf .make dist src/dasa/server/client src/dasa/bundle/default/detector.onnx* src/dasa/bundle/default/landmarks.onnx* src/dasa/bundle/forms

bench-dataset: ## rows per second of the data set builder against plain loops
	@$(PYTHON) tools/setup.py lab
	@$(LAB) -m benchmarks.dataset

up: ## DASA with MongoDB in containers (docs/deploy.md); SITE=name adds TLS, BUILD=no takes the image that is there
	@$(PYTHON) tools/up.py up $(if $(SITE),--site $(SITE)) $(if $(filter no,$(BUILD)),--no-build)

down: ## stop the containers; the data stays
	@$(PYTHON) tools/up.py down

containers-test: ## build the image with Podman, bring the services up, restart each; root, a few minutes
	@$(PYTHON) tools/setup.py check
	@$(PY) -m tools.containers_test
