# Gridloop. `make help` lists what can be asked for.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
BUILD ?= build
CC := gcc
OPT ?= -O2
PREFIX ?= /usr/local
# All processors unless the command line says otherwise; a make inside make shares its parent's.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
MAKEFLAGS += --no-print-directory
# One short line per file; V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)')

WARN := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wvla -Wswitch-enum -Wundef -Wcast-qual -Wwrite-strings -Wformat=2 -Werror
CFLAGS := $(WARN) $(OPT) -g -fno-omit-frame-pointer -D_GNU_SOURCE -MMD -MP $(EXTRA_CFLAGS)
INCLUDES := -I. -I$(BUILD)

# Rooms, each one archive; a room may use those to its right (tests/layers.txt).
ROOMS := core proto city rules doors edge shell sim cli client
DIR_core := engine/core
DIR_proto := proto
DIR_city := engine/city
DIR_rules := rules
DIR_doors := engine/doors
DIR_edge := engine/edge
DIR_shell := engine/shell
DIR_sim := sim sim/bench
DIR_cli := engine/cli
DIR_client := proto/client

LIBS := -lgeos_c -lreadosm -lyaml -ljansson -lprotobuf-c -lnanomsg -luv -lxxhash -lsodium -lqrencode -lwebsockets -lsqlite3 -lzstd -lz -lexpat -lmosquitto -lcurl -lpthread -lm

# An archive is remade when a source comes or goes, not only when one changes: LIST_<room> is rewritten then.
define room
SRC_$(1) := $$(wildcard $$(DIR_$(1):%=%/*.c))
OBJ_$(1) := $$(SRC_$(1):%.c=$(BUILD)/%.o)
LIST_$(1) := $(BUILD)/lib$(1).list
ifneq ($$(file <$$(LIST_$(1))),$$(SRC_$(1)))
$$(shell mkdir -p $(BUILD))
$$(file >$$(LIST_$(1)),$$(SRC_$(1)))
endif
$(BUILD)/lib$(1).a: $$(OBJ_$(1)) $$(LIST_$(1))
	@rm -f $$@; ar rcs $$@ $$(filter %.o,$$^)
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))
GENERATED := $(BUILD)/proto/gridloop.pb-c.c
$(BUILD)/libproto.a: $(GENERATED:.c=.o)

# Says which packages are missing before the compiler does. Remade when the list changes.
DEPS_OK := $(BUILD)/deps.ok
$(DEPS_OK): .ci/deps
	@mkdir -p $(BUILD)
	@.ci/deps check && touch $@

$(BUILD)/proto/gridloop.pb-c.c $(BUILD)/proto/gridloop.pb-c.h &: proto/gridloop.proto | $(DEPS_OK)
	@mkdir -p $(BUILD)/proto
	$(call say,protoc-c $<)
	$(Q)protoc-c --c_out=$(BUILD)/proto -Iproto gridloop.proto
$(BUILD)/proto/gridloop.pb-c.o: $(BUILD)/proto/gridloop.pb-c.c
	$(Q)$(CC) -std=c11 -O2 -g -w -I. -I$(BUILD) $(EXTRA_CFLAGS) -c $< -o $@

# The shipped rule pack and column maps travel inside the program (sim/city_pack.h).
PACK_FILES := $(filter-out %.test.yaml,$(sort $(wildcard rules/packs/city/*.yaml rules/packs/emergency/*.yaml rules/packs/emergency/plans/*.yaml)))
MAP_FILES := $(sort $(wildcard sim/maps/*.yaml))
KPI_FILES := rules/packs/kpi.yaml
CAP_FILES := rules/packs/cap.yaml
DOOR_FILES := $(sort $(wildcard engine/doors/maps/*.yaml))
$(BUILD)/sim/city_pack.c: sim/pack.sh $(PACK_FILES)
	@mkdir -p $(@D)
	$(Q)sh sim/pack.sh CITY_PACK $(PACK_FILES) >$@.new && mv $@.new $@
$(BUILD)/sim/trace_maps.c: sim/pack.sh $(MAP_FILES)
	@mkdir -p $(@D)
	$(Q)sh sim/pack.sh TRACE_MAPS $(MAP_FILES) >$@.new && mv $@.new $@
$(BUILD)/sim/kpi_pack.c: sim/pack.sh $(KPI_FILES)
	@mkdir -p $(@D)
	$(Q)sh sim/pack.sh KPI_PACK $(KPI_FILES) >$@.new && mv $@.new $@
$(BUILD)/sim/cap_pack.c: sim/pack.sh $(CAP_FILES)
	@mkdir -p $(@D)
	$(Q)sh sim/pack.sh CAP_PACK $(CAP_FILES) >$@.new && mv $@.new $@
$(BUILD)/sim/city_pack.o $(BUILD)/sim/trace_maps.o $(BUILD)/sim/kpi_pack.o $(BUILD)/sim/cap_pack.o: %.o: %.c sim/city_pack.h
	$(call say,cc $<)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -c $< -o $@
$(BUILD)/libsim.a: $(BUILD)/sim/city_pack.o $(BUILD)/sim/trace_maps.o $(BUILD)/sim/kpi_pack.o $(BUILD)/sim/cap_pack.o

# The pages travel inside the program too (engine/shell/web_assets.h). node_modules is shared by all BUILD directories.
PAGES := engine/console
PAGES_SRC := $(shell find $(PAGES) -name node_modules -prune -o -type f -print)
PAGES_READY := $(PAGES)/node_modules/.package-lock.json
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
$(PAGES_READY): $(PAGES)/package.json $(PAGES)/package-lock.json | $(DEPS_OK)
	$(call say,npm ci $(PAGES))
	$(Q)cd $(PAGES) && $(NPM_CI) >/dev/null && touch $(notdir $(@D))/$(@F)
$(BUILD)/console/assets.c: $(PAGES_SRC) engine/core/life.h engine/core/code.h $(PAGES_READY)
	$(call say,esbuild $(PAGES))
	$(Q)node $(PAGES)/build.mjs $(@D)
$(BUILD)/console/assets.o: $(BUILD)/console/assets.c engine/shell/web_assets.h
	$(call say,cc $<)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -c $< -o $@
$(BUILD)/libshell.a: $(BUILD)/console/assets.o
BROWSER_READY := tests/browser/node_modules/.package-lock.json
$(BROWSER_READY): tests/browser/package.json tests/browser/package-lock.json | $(DEPS_OK)
	$(call say,npm ci tests/browser)
	$(Q)cd tests/browser && $(NPM_CI) >/dev/null && touch node_modules/.package-lock.json
pages-watch: $(PAGES_READY) ## the pages in build/console/site, remade at every change
	@mkdir -p $(BUILD)/console && node $(PAGES)/build.mjs $(BUILD)/console --watch

$(BUILD)/engine/doors/shipped_maps.c: sim/pack.sh $(DOOR_FILES)
	@mkdir -p $(@D)
	$(Q)HEADER=engine/doors/door_pack.h TYPE=door_pack_file sh sim/pack.sh DOOR_MAPS $(DOOR_FILES) >$@.new && mv $@.new $@
$(BUILD)/engine/doors/shipped_maps.o: %.o: %.c engine/doors/door_pack.h
	$(call say,cc $<)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -c $< -o $@
$(BUILD)/libdoors.a: $(BUILD)/engine/doors/shipped_maps.o

# What the bench says of its own build: remade whenever the commit or the flags change.
COMMIT := $(shell git describe --always --dirty=+ --exclude='*' --abbrev=12 2>/dev/null)
STAMP := $(BUILD)/bench.stamp
ifneq ($(file <$(STAMP)),$(COMMIT) $(CC) $(OPT) $(EXTRA_CFLAGS))
$(shell mkdir -p $(BUILD))
$(file >$(STAMP),$(COMMIT) $(CC) $(OPT) $(EXTRA_CFLAGS))
endif
$(BUILD)/engine/cli/cmd_bench.o: $(STAMP)
$(BUILD)/engine/cli/cmd_bench.o: CFLAGS += -DGRIDLOOP_COMMIT='"$(COMMIT)"' -DGRIDLOOP_FLAGS='"$(strip $(CC) $(OPT) $(EXTRA_CFLAGS))"'

$(BUILD)/%.o: %.c | $(BUILD)/proto/gridloop.pb-c.h $(DEPS_OK)
	@mkdir -p $(@D)
	$(call say,cc $<)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -c $< -o $@

all: $(BUILD)/gridloop ## build the program (installs nothing)
ALL_LIBS := $(foreach r,cli sim shell doors edge rules city client proto core,$(BUILD)/lib$(r).a)
$(BUILD)/gridloop: $(BUILD)/engine/main.o $(ALL_LIBS)
	$(call say,link $@)
	$(Q)$(CC) $(OPT) $(EXTRA_CFLAGS) -o $@ $(BUILD)/engine/main.o -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS)

# tests/unit/<room>/test_<module>.c links that room and the rooms below it. muldefs: panic.o stands in for the
# program's own panic hook. scratch.o is where any of them keeps its temporary files.
# Tests of the core run on a compiled town, so they link the rooms that compile it.
BELOW_core := rules city core
BELOW_proto := proto core
BELOW_client := client proto core
BELOW_city := city core
BELOW_rules := rules city core
BELOW_doors := doors client city proto core
BELOW_edge := edge rules city client proto core
BELOW_shell := shell doors edge rules city client proto core
BELOW_sim := sim edge rules city proto core
BELOW_cli := cli sim shell doors edge rules city client proto core
define unit_room
UNIT_SRC_$(1) := $$(wildcard tests/unit/$(1)/test_*.c)
UNIT_BIN_$(1) := $$(UNIT_SRC_$(1):%.c=$(BUILD)/%)
$$(UNIT_BIN_$(1)): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/tests/unit/panic.o $(BUILD)/sim/scratch.o $$(foreach r,$$(BELOW_$(1)),$(BUILD)/lib$$(r).a)
	$$(call say,link $$@)
	$$(Q)$$(CC) $$(OPT) $$(EXTRA_CFLAGS) -o $$@ $$(filter %.o,$$^) -Wl,-z,muldefs -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -lcmocka $$(LIBS)
unit-$(1): $$(UNIT_BIN_$(1))
	@set -e; for t in $$^; do CMOCKA_MESSAGE_OUTPUT=TAP $$$$t; done
UNIT_BINS += $$(UNIT_BIN_$(1))
endef
$(foreach r,$(ROOMS),$(eval $(call unit_room,$(r))))

# The client library, its examples, and whatever a room builds beside its archive.
-include proto/client/client.mk

# ---- getting ready ----
deps: ## install what building and the demo need (Debian 12; root or sudo)
	@.ci/deps install build
deps-test: ## install what the tests need besides
	@.ci/deps install build test
deps-bench: ## install what `make bench PEERS=1` measures beside the engine
	@.ci/deps install bench

# ---- the two words of the README ----
demo: ## deps, build, then the story in a terminal
	@+.ci/steps 'install what is missing' '$(MAKE) deps' 'build' '$(MAKE) all' \
	    'look at the engine' '$(BUILD)/gridloop --version' 'the demo' '$(BUILD)/gridloop demo $(DEMO)'
test: ## deps, deps-test, build, every test
	@+.ci/steps 'install what building needs' '$(MAKE) deps' 'install what testing needs' '$(MAKE) deps-test' \
	    'build the program and the tests' '$(MAKE) all test-programs' 'every test' '$(MAKE) run-tests'

# ---- tests ----
GATES := $(sort $(wildcard tests/gates/gate_*.sh))
E2E := $(sort $(wildcard tests/e2e/test_*.sh tests/e2e/test_*.py))
AUDIT := $(sort $(wildcard tests/audit/test_*.py))
BROWSER := tests/browser/run.sh
REAL := $(sort $(wildcard tests/real/test_*.sh tests/real/test_*.py))
GOLDEN := $(sort $(wildcard tests/golden/test_*.sh))
CHECKS = $(UNIT_BINS) $(GATES) tests/gates/prove.sh tests/browser/types.sh
RUN = BUILD='$(BUILD)' CC='$(CC)' tests/run.sh
test-programs: $(UNIT_BINS)
run-tests: all test-programs $(BROWSER_READY)
	@$(RUN) $(CHECKS) $(GOLDEN) $(AUDIT) $(REAL) $(E2E) $(BROWSER)
check: test-programs ## unit tests and gates only, without processes and packages
	@$(RUN) $(CHECKS)
unit: test-programs ## unit tests of all rooms
	@$(RUN) $(UNIT_BINS)
gates: $(BUILD)/proto/gridloop.pb-c.h $(PAGES_READY) ## what a tree must keep: arrows, purity, sizes, words, types of the pages
	@$(RUN) $(GATES) tests/gates/prove.sh tests/browser/types.sh
purity: ## the core links nothing but memcpy, memmove, memset, memcmp and the panic hook
	@BUILD=$(BUILD) tests/gates/gate_purity.sh
e2e: all ## tests with real processes; KILLS=n sets how often the engine is killed
	@$(RUN) $(E2E)
audit: all ## logs recomputed from outside; AUDIT_SEEDS=n invented days, AUDIT_REAL=all of the real records
	@$(RUN) $(AUDIT)
month: all ## a synthetic month with every exception flow, audited; MONTH_HOURS, MONTH_RATE, MONTH_SEED
	@TEST_TIMEOUT=3600 $(RUN) tests/audit/month.py
golden: all ## a golden morning gives one digest on gcc and clang at -O0 and -O3
	@TEST_TIMEOUT=3600 $(RUN) $(GOLDEN) tests/golden/matrix.sh
browser: all $(BROWSER_READY) ## the pages in Chromium, as a person drives them; pictures in build/browser
	@$(RUN) $(BROWSER)
browser-measure: all $(BROWSER_READY) ## frames a second with 5,000 moving workers, time to the first view, bytes
	@node tests/browser/measure.mjs
	@node tests/browser/newcomer.mjs
real: all ## replays of real incidents; skips where ../shared/data is absent
	@$(RUN) $(REAL)
	@cat $(BUILD)/real/*.txt 2>/dev/null || true
torture: all ## 2,000 kills of the engine
	@KILLS=2000 TEST_TIMEOUT=7200 $(RUN) $(wildcard tests/e2e/test_kill*)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
asan: ## unit tests under AddressSanitizer and UBSan, in build-asan
	@$(MAKE) BUILD=build-asan OPT=-O1 EXTRA_CFLAGS='$(SANITIZE) -Wno-error' unit
cov: ## line and branch coverage of the core by its unit tests, in build-cov
	@$(MAKE) BUILD=build-cov OPT=-O0 EXTRA_CFLAGS='--coverage -Wno-error' unit
	@tests/cov.sh build-cov
tidy: ## list C files that clang-format would change
	@tests/tidy.sh

# ---- figures ----
BENCH ?=
BENCH_RESULTS := sim/bench/results
# One small program a peer, so that gridloop itself needs none of their libraries.
PEER_redis := hiredis
PEER_postgres := libpq
PEER_mosquitto := libmosquitto
PEERS_BUILT := $(addprefix $(BUILD)/bench-,redis postgres mosquitto)
$(PEERS_BUILT): $(BUILD)/bench-%: sim/bench/peers/%.c sim/bench/peers/peer.c sim/bench/peers/peer.h
	$(call say,link $@)
	$(Q)if pkg-config --exists $(PEER_$*); then \
	    $(CC) $(CFLAGS) -I. -o $@ $(filter %.c,$^) $$(pkg-config --cflags --libs $(PEER_$*)) -lpthread -lm; \
	else rm -f $@; echo "  no $(PEER_$*): its rows will say so"; fi
bench-peers:
	@.ci/deps install bench || echo "  what is missing will be said in its rows"
	@$(MAKE) --no-print-directory $(PEERS_BUILT)
bench: all $(if $(PEERS),bench-peers) ## figures of this machine; PEERS=1 beside others (installs them), QUICK=1, RUNS=n, BENCH='match core'
	@mkdir -p $(BENCH_RESULTS)
	@$(BUILD)/gridloop bench --runs $(or $(RUNS),5) $(if $(QUICK),--quick) $(if $(PEERS),--peers $(BUILD)) \
	    --json $(BENCH_RESULTS)/results.json --tables $(BENCH_RESULTS)/tables.md $(BENCH)

# Manhattan where the public road graph is at hand, else a lattice; or any DIR with nodes.csv and arcs.csv.
JEMSS_ROADS := ../shared/data/roads/jemss_manhattan/roads.zip
GRAPH ?= $(if $(wildcard $(JEMSS_ROADS)),$(BUILD)/graphs/manhattan)
$(BUILD)/graphs/manhattan: sim/bench/graph_jemss.py
	$(Q)python3 $< $(JEMSS_ROADS) $@
# San Francisco as recorded besides, where the public records are at hand. The last load's cities stay in build/dispatch.
RECORDS ?= $(if $(wildcard ../shared/data/incidents),../shared/data)
DISPATCH := $(BUILD)/dispatch
bench-dispatch: all $(filter $(BUILD)/%,$(GRAPH)) ## response times of dispatch policies beside each other; GRAPH=DIR, RUNS=n seeds (10, twice as many at load 0.75), QUICK=1 (2 seeds, half the calls)
	@mkdir -p $(BENCH_RESULTS)
	@$(BUILD)/gridloop bench dispatch --runs $(or $(RUNS),$(if $(QUICK),2,10)) $(if $(QUICK),--quick) $(if $(GRAPH),--graph $(GRAPH)) \
	    $(if $(RECORDS),--records $(RECORDS)) --keep $(DISPATCH) --json $(BENCH_RESULTS)/dispatch.json --tables $(BENCH_RESULTS)/dispatch.md
	@for city in roads $(if $(RECORDS),sf); do \
	    $(BUILD)/gridloop sim --quiet --city $(DISPATCH)/$$city --trace $(DISPATCH)/$$city/trace.ndjson \
	        --policy $(DISPATCH)/$$city/closest_by_road.yaml --policy $(DISPATCH)/$$city/matched_anew.yaml \
	        --report $(BENCH_RESULTS)/dispatch-$$city.html >/dev/null || exit 1; \
	    echo "report: $(BENCH_RESULTS)/dispatch-$$city.html"; done

year: all ## a year of a big city on the virtual clock: 4.5 million incidents, at low priority; build/year.txt, and build/year.html to read meanwhile
	nice $(BUILD)/gridloop sim --city large --year --report $(BUILD)/year.html $(YEAR) | tee $(BUILD)/year.txt

# ---- the rest ----
man: $(BUILD)/man/gridloop.1 ## manual pages, made from --help
$(BUILD)/man/gridloop.1: engine/cli/man.sh $(BUILD)/gridloop
	$(call say,man $(@D))
	$(Q)rm -rf $(@D) && sh engine/cli/man.sh $(BUILD)/gridloop $(@D)
$(BUILD)/gridloop.bash: $(BUILD)/gridloop
	$(Q)$(BUILD)/gridloop completion bash >$@
install: all man client $(BUILD)/gridloop.bash ## program, client library, manual pages, completion into $(PREFIX); DESTDIR is honoured
	install -D -m 755 $(BUILD)/gridloop $(DESTDIR)$(PREFIX)/bin/gridloop
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(BUILD)/man/*.1
	install -D -m 644 $(BUILD)/gridloop.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gridloop
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib $(BUILD)/$(CLIENT_SONAME)
	ln -sf $(CLIENT_SONAME) $(DESTDIR)$(PREFIX)/lib/libgridloop.so
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib $(BUILD)/libgridloop.a
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include proto/client/gridloop.h
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(CLIENT_VERSION)|' proto/client/gridloop.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/gridloop.pc
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/gridloop/LICENSE
	install -D -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/gridloop/README.md
clean: ## remove build directories
	rm -rf build build-*
help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  make unit-<room>  one room: $(ROOMS)"

.PHONY: all year man deps deps-test deps-bench bench bench-dispatch bench-peers demo test test-programs run-tests check unit gates purity e2e audit month golden real torture asan cov tidy \
        install clean help pages-watch browser browser-measure $(foreach r,$(ROOMS),unit-$(r))
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
