# make deps      install what is missing for all of this (may need root)
# make run       build and start the server; settings: ARGS="--listen-port 6000";
#                Redis: REDIS=single, shards, cluster or sentinel
# make redis-up  start Redis on this machine, in all four topologies; WHAT=cluster: one of them
# make redis-down  stop what redis-up started
# make test      build and run all tests, in Swift and from Python
# make test-policies  play STEPS=200000 operations on each policy and size, beside a naive picture
# make build     build the server, cachectl and cacheload for release
# make certs     write a CA and certificates for development into certs/
# make generate  write the generated sources anew from proto/
# make format    lay the Swift sources out as .swift-format says
# make lint      check the layout and the rules of the source tree
# make bench     measure; results go to Benchmarks/results
# make tsan      run all tests under the thread sanitizer
# make asan      run all tests under the address sanitizer
# make fuzz      look for bugs for MINUTES=10, in all targets or TARGET=glob
# make clean     remove what was built

MINUTES = 10
STEPS = 200000
SWIFT_SOURCES = Package.swift Sources Tests examples

.PHONY: help deps run redis-up redis-down test test-policies build certs generate format lint bench tsan asan fuzz clean

help:
	@sed -n 's/^# //p' Makefile

deps:
	@scripts/deps all

run:
	@REDIS="$(REDIS)" scripts/run $(ARGS)

redis-up:
	@scripts/redis up $(or $(WHAT),all)

redis-down:
	@scripts/redis down $(or $(WHAT),all)

test:
	@scripts/test

test-policies:
	POLICY_TEST_STEPS=$(STEPS) swift test --disable-xctest --filter PolicyModelTests

build:
	@scripts/deps run
	scripts/build

certs:
	@scripts/certs

generate:
	@scripts/deps all
	scripts/generate

format:
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

lint:
	@scripts/lint $(SWIFT_SOURCES)

bench:
	@scripts/deps all
	Benchmarks/run

tsan:
	@scripts/test thread

asan:
	@scripts/test address

fuzz:
	@scripts/deps all
	@scripts/fuzz "$(MINUTES)" $(TARGET)

clean:
	rm -rf .build Benchmarks/build
