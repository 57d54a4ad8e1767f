# libgridloop: shared, static, pkg-config, examples. Included by the Makefile.
CLIENT_SONAME := libgridloop.so.0
CLIENT_VERSION := 0.1.0
CLIENT_OBJ := $(patsubst %.c,$(BUILD)/pic/%.o,$(wildcard proto/client/*.c) $(wildcard proto/*.c) \
              proto/client/standalone/panic.c engine/core/base.c) $(BUILD)/pic/gridloop.pb-c.o
CLIENT_LIBS := -lnanomsg -lprotobuf-c -lxxhash -lsodium -lm
EXAMPLES := $(patsubst proto/client/examples/%.c,$(BUILD)/%,$(wildcard proto/client/examples/*.c))

$(BUILD)/pic/%.o: %.c | $(BUILD)/proto/gridloop.pb-c.h
	@mkdir -p $(@D)
	$(call say,cc -fPIC $<)
	$(Q)$(CC) $(CFLAGS) -fPIC $(INCLUDES) -c $< -o $@
$(BUILD)/pic/gridloop.pb-c.o: $(BUILD)/proto/gridloop.pb-c.c
	@mkdir -p $(@D)
	$(call say,cc -fPIC $<)
	$(Q)$(CC) -std=c11 -O2 -g -w -fPIC -I. -I$(BUILD) -c $< -o $@

$(BUILD)/$(CLIENT_SONAME): $(CLIENT_OBJ) proto/client/libgridloop.map
	$(call say,link $@)
	$(Q)$(CC) $(OPT) $(EXTRA_CFLAGS) -shared -Wl,-soname,$(CLIENT_SONAME) -Wl,--version-script=proto/client/libgridloop.map \
	    -Wl,--no-undefined -o $@ $(CLIENT_OBJ) $(CLIENT_LIBS)
$(BUILD)/libgridloop.so: $(BUILD)/$(CLIENT_SONAME)
	@ln -sf $(CLIENT_SONAME) $@
$(BUILD)/libgridloop.a: $(CLIENT_OBJ)
	@rm -f $@; ar rcs $@ $^
$(BUILD)/gridloop.pc: proto/client/gridloop.pc.in
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(CLIENT_VERSION)|' $< > $@

$(BUILD)/hello_%: proto/client/examples/hello_%.c proto/client/gridloop.h $(BUILD)/libgridloop.a
	$(call say,cc $<)
	$(Q)$(CC) $(WARN) $(OPT) $(EXTRA_CFLAGS) -D_GNU_SOURCE -Iproto/client -o $@ $< $(BUILD)/libgridloop.a $(CLIENT_LIBS)

# Run by this test, which finds them beside itself.
$(BUILD)/tests/unit/client/test_examples: | $(EXAMPLES)

client: $(BUILD)/libgridloop.so $(BUILD)/libgridloop.a $(BUILD)/gridloop.pc
examples: $(EXAMPLES)
.PHONY: client examples
