# Gridloop. `make help` lists what can be asked for.
.DEFAULT_GOAL := all
BUILD ?= build
CC := gcc
OPT ?= -O2
WARN := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wvla -Wswitch-enum -Wundef -Wcast-qual -Wwrite-strings -Wformat=2 -Werror
CFLAGS := $(WARN) $(OPT) -g -fno-omit-frame-pointer -D_GNU_SOURCE -MMD -MP $(EXTRA_CFLAGS)
INCLUDES := -I. -I$(BUILD)

# Rooms, each one archive; a room may use those to its right (tests/layers.txt).
ROOMS := core proto city rules edge shell sim cli client
DIR_core := engine/core
DIR_proto := proto
DIR_city := engine/city
DIR_rules := rules
DIR_edge := engine/edge
DIR_shell := engine/shell
DIR_sim := sim
DIR_cli := engine/cli
DIR_client := proto/client

LIBS := -lgeos_c -lyaml -ljansson -lprotobuf-c -lnanomsg -luv -lxxhash -lsodium -lzstd -lz -lpthread -lm

define room
SRC_$(1) := $$(wildcard $$(DIR_$(1))/*.c)
OBJ_$(1) := $$(SRC_$(1):%.c=$(BUILD)/%.o)
$(BUILD)/lib$(1).a: $$(OBJ_$(1))
	@rm -f $$@; ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))
GENERATED := $(BUILD)/proto/gridloop.pb-c.c
OBJ_proto += $(GENERATED:.c=.o)
$(BUILD)/libproto.a: $(GENERATED:.c=.o)

$(BUILD)/proto/gridloop.pb-c.c $(BUILD)/proto/gridloop.pb-c.h &: proto/gridloop.proto
	@mkdir -p $(BUILD)/proto
	protoc-c --c_out=$(BUILD)/proto -Iproto gridloop.proto
$(BUILD)/proto/gridloop.pb-c.o: $(BUILD)/proto/gridloop.pb-c.c
	$(CC) -std=c11 -O2 -g -w -I. -I$(BUILD) -c $< -o $@

# The shipped rule pack travels inside the program, for `gridloop city demo`.
PACK_FILES := $(sort $(wildcard rules/packs/city/*.yaml))
$(BUILD)/sim/city_pack.c: sim/pack.sh $(PACK_FILES)
	@mkdir -p $(@D)
	sh sim/pack.sh $(PACK_FILES) >$@.new && mv $@.new $@
$(BUILD)/sim/city_pack.o: $(BUILD)/sim/city_pack.c sim/city_pack.h
	$(CC) $(CFLAGS) $(INCLUDES) -c $< -o $@
$(BUILD)/libsim.a: $(BUILD)/sim/city_pack.o

$(BUILD)/%.o: %.c | $(BUILD)/proto/gridloop.pb-c.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(INCLUDES) -c $< -o $@

all: $(BUILD)/gridloop
ALL_LIBS := $(foreach r,cli sim shell edge rules city client proto core,$(BUILD)/lib$(r).a)
$(BUILD)/gridloop: $(BUILD)/engine/main.o $(ALL_LIBS)
	$(CC) $(OPT) $(EXTRA_CFLAGS) -o $@ $(BUILD)/engine/main.o -Wl,--start-group $(ALL_LIBS) -Wl,--end-group $(LIBS)

# tests/unit/<room>/test_<module>.c links that room and the rooms below it.
BELOW_core := core
BELOW_proto := proto core
BELOW_client := client proto core
BELOW_city := city core
BELOW_rules := rules city core
BELOW_edge := edge rules city proto core
BELOW_shell := shell edge rules city client proto core
BELOW_sim := sim edge rules city proto core
BELOW_cli := cli sim shell edge rules city client proto core
define unit_room
UNIT_SRC_$(1) := $$(wildcard tests/unit/$(1)/test_*.c)
UNIT_BIN_$(1) := $$(UNIT_SRC_$(1):%.c=$(BUILD)/%)
$$(UNIT_BIN_$(1)): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/tests/unit/panic.o $$(foreach r,$$(BELOW_$(1)),$(BUILD)/lib$$(r).a)
	$$(CC) $$(OPT) $$(EXTRA_CFLAGS) -o $$@ $$< $(BUILD)/tests/unit/panic.o -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -lcmocka $$(LIBS)
unit-$(1): $$(UNIT_BIN_$(1))
	@set -e; for t in $$^; do CMOCKA_MESSAGE_OUTPUT=TAP $$$$t; done
UNIT_BINS += $$(UNIT_BIN_$(1))
endef
$(foreach r,$(ROOMS),$(eval $(call unit_room,$(r))))
.PHONY: all $(foreach r,$(ROOMS),unit-$(r))
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
