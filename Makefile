# For those who type make. Each target is one command of ./run or ./test, which also install and build what is missing.
DATA ?= ./data

help: ## this list
	@sed -n 's/^\([a-z]*\): *##/  make \1 \t/p' Makefile
up: ## the demo in the background
	./run run --detach --data $(DATA)
down: ## stop it, everything flushed
	./run stop --data $(DATA)
restart: ## stop and start
	./run stop --data $(DATA) && ./run run --detach --data $(DATA)
status: ## one screen: the ledger, sinks, problems
	./run status --data $(DATA)
logs: ## what it says
	./run logs --data $(DATA) --follow
test: ## all tests
	./test
.PHONY: help up down restart status logs test
