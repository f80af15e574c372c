# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Included by the Makefile. Each tests/fuzz/fuzz_NAME.c is built three times, the first two with
# AddressSanitizer and UndefinedBehaviorSanitizer:
#	build/fuzz/fuzz_NAME	with libFuzzer, by clang
#	build/fuzz/replay_NAME	with replay.c, by the compiler of the other programs
#	build/fuzz/cover_NAME	as the first, but it counts how often each line runs
# All our objects are in an archive, so that a target links what it uses.

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SRC := $(filter user/analysis/% user/files/% user/sinks/% user/message.c,$(USER_SRC)) \
	$(filter-out tests/fuzz/fuzz_%.c tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ_OUT := $(OUT)/fuzz
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# So few that the input can make them compete, and that clearing them is fast.
FUZZ_FEW := -DHELLO_ASSEMBLIES=8 -DASSOCIATION_ROWS=2 -DREASSEMBLY_PLACES=3 -DCGROUP_NAMES=8 -DAPPLICATIONS_MAX_THREADS=8u -DAPPLICATIONS_MAX_SESSIONS=4u -DBLOCK_MAX=1024U \
	-DMERGE_FLOWS=4U -DMERGE_MATCH_MAX=128U -DMERGE_NAT_MAX=128U -DMERGE_SOCKETS=64U
FUZZ_CFLAGS := $(TEST_CFLAGS) -O2 -g -Itests/fuzz $(FUZZ_FEW)
FUZZ_LIBS := $(USER_LIBS) -ljson-c
# Warnings of another compiler are no concern here.
FUZZ_WARN := -Wno-error -Wno-gnu-variable-sized-type-not-at-end -Wno-missing-field-initializers
FUZZ_CLANG = $(CLANG) $(FUZZ_CFLAGS) $(FUZZ_WARN) $(FUZZ_SANITIZE)
FUZZ_COVER = $(CLANG) $(FUZZ_CFLAGS) $(FUZZ_WARN) -fprofile-instr-generate -fcoverage-mapping
# Not optimized, since GCC removes or moves a read before AddressSanitizer sees it; so GCC knows no ranges here.
FUZZ_CC = $(CC) $(FUZZ_CFLAGS) -O0 -Wno-format-truncation $(FUZZ_SANITIZE)
FUZZ_COVERAGE := -fsanitize=fuzzer-no-link
# These files only compare: they should be fast, and their coverage does not matter.
$(patsubst %,$(FUZZ_OUT)/clang/tests/fuzz/%.o,check file heap output): FUZZ_COVERAGE :=
# Its comparisons tell libFuzzer nothing, and are half of all.
$(FUZZ_OUT)/clang/user/analysis/packed.o: FUZZ_COVERAGE += -fno-sanitize-coverage=trace-cmp

.PHONY: fuzz fuzz-build fuzz-replay fuzz-cover fuzz-seeds

fuzz:
	@tests/need --install build fuzz
	@$(MAKE) --no-print-directory fuzz-build $(if $(COVERAGE),fuzz-cover)
	@tests/fuzz/run $(if $(COVERAGE),--coverage) $(or $(SECONDS),60) $(TARGET)

fuzz-build: $(FUZZ_NAMES:%=$(FUZZ_OUT)/fuzz_%)

fuzz-cover: $(FUZZ_NAMES:%=$(FUZZ_OUT)/cover_%)

fuzz-replay: $(FUZZ_NAMES:%=$(FUZZ_OUT)/replay_%)

$(FUZZ_OUT)/clang/%.o: %.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CLANG) $(FUZZ_COVERAGE) -MMD -MP -c $< -o $@

$(FUZZ_OUT)/cc/%.o: %.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(FUZZ_CC) -MMD -MP -c $< -o $@

$(FUZZ_OUT)/cover/%.o: %.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(call say,COVER,$@)
	$(Q)$(FUZZ_COVER) -MMD -MP -c $< -o $@

$(FUZZ_OUT)/cover.a: $(FUZZ_SRC:%.c=$(FUZZ_OUT)/cover/%.o)
$(FUZZ_OUT)/clang.a: $(FUZZ_SRC:%.c=$(FUZZ_OUT)/clang/%.o)
$(FUZZ_OUT)/cc.a: $(FUZZ_SRC:%.c=$(FUZZ_OUT)/cc/%.o)
$(FUZZ_OUT)/clang.a $(FUZZ_OUT)/cc.a $(FUZZ_OUT)/cover.a: | $(VERSION_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rc $@ $^

$(FUZZ_OUT)/fuzz_%: $(FUZZ_OUT)/clang/tests/fuzz/fuzz_%.o $(FUZZ_OUT)/clang.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_CLANG) -fsanitize=fuzzer $^ $(FUZZ_LIBS) -o $@

$(FUZZ_OUT)/cover_%: $(FUZZ_OUT)/cover/tests/fuzz/fuzz_%.o $(FUZZ_OUT)/cover.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_COVER) -fsanitize=fuzzer $^ $(FUZZ_LIBS) -o $@

$(FUZZ_OUT)/replay_%: $(FUZZ_OUT)/cc/tests/fuzz/fuzz_%.o $(FUZZ_OUT)/cc/tests/fuzz/replay.o $(FUZZ_OUT)/cc.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) $^ $(FUZZ_LIBS) -o $@

# The unit tests, which record what they tell the analysis (tests/unit/record.c).
comma := ,
RECORD_WRAP := $(patsubst %,-Wl$(comma)--wrap=analysis_%,new free event lost missing advance)
fuzz-seeds: $(patsubst tests/unit/%.c,$(FUZZ_OUT)/record/%,$(wildcard tests/unit/test_*.c)) $(OUT)/dtlsnoop $(OUT)/property/property

$(FUZZ_OUT)/record/%: tests/unit/%.c tests/unit/record.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) $(RECORD_WRAP) $< tests/unit/record.c $(LIBRARY) -lcmocka $(USER_LIBS) -o $@

-include $(foreach d,clang cc cover,$(patsubst %.c,$(FUZZ_OUT)/$(d)/%.d,$(FUZZ_SRC) $(wildcard tests/fuzz/*.c)))
