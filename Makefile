# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# make            build build/dtlsnoop
# make demo       install what is missing (Debian, root), build, show the main job on real traffic
# make check      install what is missing (Debian, root), build, run the tests: some minutes
# make check-all  the same, and the tests that take longer: every pair of libraries, every verdict from
#                 three views, the check of the laboratory itself, the Debian package, a minute of soak, other kernels
# make vm         run the tracer on other kernels, in guests; KERNEL=6.1: on one; SOAK=3600: make soak in it instead
# make fuzz       run libFuzzer on each parser and the analysis; SECONDS=60 each, TARGET=walker: one,
#                 COVERAGE=1: print at the end how many lines of each file the inputs reach
# make bench      measure what dtlsnoop costs (root); QUICK=1: only test that the benchmark runs
# make bench-check  the same; fails if it costs more than tests/bench/goals allows
# make bench-growth  measure the cost of an event with n and 8n handshakes or events: is it linear?
#                    CHECK=1: fail if it is not; ROW=NAME: only these rows
# make soak       keep it on for a long time (root), SECONDS=1800: does anything grow, or is anything lost unsaid?
#                 SOAK_STATE=FOLDER: a run that was stopped goes on where it was
# make man        make the man page's headings of options, and its verdicts, and the completions of bash and zsh
#                 from the tables in the program
# make deb        make a Debian package in build/deb; make deb-check: the same in clean systems of Debian 12, 13 and sid
#                 (root, an hour), with installation, upgrade, purge and a test of the installed program
# make static     build build/static/dtlsnoop, one file that needs no library (on Debian); ARCH=arm64: build/arm64/static
# make image      make a container image of that: build/image, an OCI layout, and build/image.tar; ARCH=arm64, too
#                 IMAGE_SOURCE=URL: where the sources are, for its labels
# make install    install to $(DESTDIR)$(PREFIX); make uninstall removes exactly that
# V=1 shows the commands. JOBS=N: run N compilers at a time in make check.
# CC, CLANG, BPFTOOL, CPPFLAGS, CFLAGS, LDFLAGS and PREFIX may be set. WERROR=-Werror: a warning is an error.

# The release that these sources are, or will be. user/deploy/version says more of a work tree of git.
VERSION := 0.1.0

CC ?= cc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(or $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool),bpftool)
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
# -Werror is for work on dtlsnoop itself (make check, CI): other compilers and flags have other
# warnings.
WERROR ?=
PREFIX ?= /usr/local
V ?= 0

ifeq ($(V),0)
Q := @
say = @echo "  $(1)	$(2)";
endif

OUT := build
# ARCH=arm64 on another machine: builds in build/arm64, against tests/vm/sysroot.
ARCH := $(shell uname -m)
bpf_arch = $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(1)))
BPF_ARCH := $(call bpf_arch,$(ARCH))
ifneq ($(BPF_ARCH),$(call bpf_arch,$(shell uname -m)))
OUT := build/$(BPF_ARCH)
SYSROOT := $(abspath build/vm/sysroot-$(BPF_ARCH))
TRIPLET := $(patsubst arm64,aarch64,$(BPF_ARCH))-linux-gnu
override CC := $(TRIPLET)-gcc --sysroot=$(SYSROOT)
override PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(TRIPLET)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
endif
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_CFLAGS := -target bpf -D__TARGET_ARCH_$(BPF_ARCH) -mcpu=v3 -O2 -g -std=gnu11 -fno-strict-aliasing \
	'-ffile-prefix-map=$(CURDIR)=.' \
	-Wall -Wextra -Wno-unused-parameter $(WERROR) -Iinclude -Ivmlinux \
	$(if $(MULTIARCH),-idirafter $(SYSROOT)/usr/include/$(MULTIARCH))

# STATIC=yes: all of it is linked statically, with libraries from LINKED (make static).
STATIC ?=
LINKED := $(OUT)/libraries

LIBS := libbpf libpcap nettle json-c
# Only their headers: they are loaded when an option needs them (user/sinks/library.h).
LOADED_LIBS := libmicrohttpd libcurl
USER_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Wshadow $(WERROR) \
	-Iinclude \
	$(shell $(PKG_CONFIG) --cflags $(LIBS) $(LOADED_LIBS) 2>/dev/null)
# In every program, but only dtlsnoop is linked again when it changes.
VERSION_OBJ := $(OUT)/version.o
USER_LIBS := $(VERSION_OBJ) $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lelf -lz -lcap-ng -lm -ldl -pthread
ifneq ($(STATIC),)
# Nothing unwinds the stack. One of the two is enough for x86_64; the tables of arm64 would take 130 kB.
USER_CFLAGS := -DDTLSNOOP_STATIC -I$(LINKED)/include -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables $(USER_CFLAGS)
# --no-warnings: it warns of each function that looks up names; library_load_no_names() is the answer.
USER_LIBS := $(VERSION_OBJ) -static-pie -Wl,--gc-sections,--no-warnings,-z,pack-relative-relocs \
	$(patsubst %,$(LINKED)/lib%.a,pcap microhttpd curl mbedtls) \
	$(shell $(PKG_CONFIG) --static --libs libbpf libelf nettle json-c) -lcap-ng -lm -pthread
endif

# Each room sees itself, include/ and the rooms it stands on. An include of another room does not
# compile.
ROOM_CFLAGS = $(addprefix -I,$(STANDS_ON))
$(OUT)/user/%.o: STANDS_ON = user $(ROOMS)
$(OUT)/user/analysis/%.o: STANDS_ON = user/analysis
$(OUT)/user/files/%.o: STANDS_ON = user/files user/analysis user
$(OUT)/user/sinks/%.o: STANDS_ON = user/sinks user/analysis user
$(OUT)/user/live/%.o: STANDS_ON = user/live user/analysis user $(OUT)
ROOMS := user/live user/files user/analysis user/sinks
$(ROOMS:%=$(OUT)/%/%.o): USER_CFLAGS += -DDTLSNOOP_ROOM
# Tests may include headers of all rooms.
TEST_CFLAGS = $(USER_CFLAGS) -Iuser $(ROOMS:%=-I%)

USER_SRC := $(wildcard user/*.c $(ROOMS:%=%/*.c))
USER_OBJ := $(USER_SRC:%.c=$(OUT)/%.o)
SKELETONS := $(patsubst bpf/%.bpf.c,$(OUT)/%.skel.h,$(wildcard bpf/*.bpf.c))
# Test programs link what they need of it.
LIBRARY := $(OUT)/dtlsnoop.a
UNIT_BIN := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_*.c))

.PHONY: all static image demo man picture check check-all check-build check-static vm bench bench-check bench-growth soak lab \
	unit property clean install uninstall deb deb-check need-build
.PHONY: FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(OUT)/dtlsnoop

# Report missing tools with their packages before a compiler fails without them.
need-build:
	@tests/need build

ifneq ($(filter all bench-growth,$(or $(MAKECMDGOALS),all)),)
$(USER_OBJ) $(SKELETONS:.skel.h=.bpf.o): | need-build
endif

$(OUT)/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@.tmp
	$(Q)$(LLVM_STRIP) -g $@.tmp -o $@
	$(Q)rm -f $@.tmp

$(OUT)/%.skel.h: $(OUT)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(OUT)/user/%.o: user/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(USER_CFLAGS) $(ROOM_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/user/live/programs.o $(OUT)/user/live/library_hooks.o: $(SKELETONS)

# Whatever else is linked has the version that there was.
$(LIBRARY) $(OUT)/tests/prog_run: | $(VERSION_OBJ)

$(LIBRARY): $(filter-out $(OUT)/user/main.o,$(USER_OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rc $@ $^

# Rewritten only if the version has changed.
$(OUT)/version.c: FORCE
	@mkdir -p $(@D)
	@version=$$(user/deploy/version $(VERSION)) && \
		printf '#include "version.h"\nconst char dtlsnoop_version[] = "%s";\n' "$$version" >$@.$$$$ && \
		if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

$(VERSION_OBJ): $(OUT)/version.c
	$(call say,CC,$@)
	$(Q)$(CC) $(USER_CFLAGS) -Iuser $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(OUT)/dtlsnoop: $(OUT)/user/main.o $(LIBRARY) $(VERSION_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(OUT)/user/main.o $(LIBRARY) $(USER_LIBS) -o $@.tmp
	$(Q)mv $@.tmp $@
	$(if $(STATIC),$(Q)cp $@ $@.unstripped && $(shell $(CC) -print-prog-name=strip) $@)

# Where the sources of its libraries cannot be had, that is said. OPTIONAL=yes: it is no failure then.
static:
	@tests/need build static
	$(if $(SYSROOT),@tests/vm/sysroot >/dev/null)
	@if CC='$(CC)' user/deploy/static/libraries $(OUT)/static/libraries; then \
		$(MAKE) --no-print-directory OUT=$(OUT)/static STATIC=yes $(OUT)/static/dtlsnoop; \
	else \
		[ $$? = 77 ] && rm -f $(OUT)/static/dtlsnoop && [ '$(OPTIONAL)' ]; \
	fi

image: static
	@tests/need image
	@user/deploy/image $(OUT)/static/dtlsnoop $(patsubst x86,amd64,$(BPF_ARCH)) "$$(user/deploy/version $(VERSION))" $(OUT)/image

# What is tested is optimized; optimizing the tests, too, would take six times as long as running them.
$(OUT)/unit/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) -O0 -MMD -MP -MF $@.d $< $(LIBRARY) -lcmocka $(USER_LIBS) -o $@

unit: $(UNIT_BIN)

$(OUT)/tests/prog_run: tests/bench/prog_run.c $(OUT)/cgroup.skel.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) -I$(OUT) -MMD -MP -MF $@.d $< $(USER_LIBS) -o $@

GROWTH_SRC := $(wildcard tests/bench/growth*.c)

$(OUT)/tests/growth: $(GROWTH_SRC) $(wildcard tests/bench/growth*.h) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) $(GROWTH_SRC) $(LIBRARY) $(USER_LIBS) -o $@

# Programs of the benchmark; tests/bench/run tells what each is for.
BENCH_BIN := $(addprefix $(OUT)/bench/,packet_cost empty program_cost multiply)
$(BENCH_BIN): | $(VERSION_OBJ)

$(OUT)/bench/empty.bpf.o: tests/bench/empty.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@.tmp
	$(Q)$(LLVM_STRIP) -g $@.tmp -o $@
	$(Q)rm -f $@.tmp

$(OUT)/bench/empty.skel.h: $(OUT)/bench/empty.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name empty_bpf > $@

$(OUT)/bench/empty: $(OUT)/bench/empty.skel.h
$(OUT)/bench/packet_cost: tests/lab/dtls_bytes.c tests/lab/dtls_bytes.h

$(OUT)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) -I$(OUT)/bench $(filter %.c,$^) -o $@ $(USER_LIBS)

PROPERTY_SRC := $(wildcard tests/property/*.c)
PROPERTY_OBJ := $(PROPERTY_SRC:tests/%.c=$(OUT)/%.o)

$(OUT)/property/%.o: tests/property/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/property/property: $(PROPERTY_OBJ) $(LIBRARY)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(USER_LIBS) -o $@

# SEED=N: start with this seed, otherwise with a random one.
property: $(OUT)/property/property
	$(OUT)/property/property --num $(or $(NUM),100000) $(if $(SEED),--seed $(SEED))
	$(OUT)/property/property --late --num $(or $(NUM),100000) $(if $(SEED),--seed $(SEED))

include tests/fuzz/fuzz.mk

lab:
	@$(MAKE) --no-print-directory -C tests/lab OUT=$(abspath $(OUT))/lab CC='$(CC)' WERROR='$(WERROR)'

demo:
	@tests/need --install build demo
	@$(MAKE) --no-print-directory all lab
	@tests/demo

JOBS ?= $(shell nproc)

check-build:
	@tests/need --install build check
	@$(MAKE) --no-print-directory -j$(JOBS) WERROR=-Werror all lab unit fuzz-replay $(OUT)/tests/prog_run $(OUT)/bench/multiply \
		$(OUT)/tests/growth $(OUT)/property/property

# tests/run says what is in it, with --all and without.
check: check-build
	@tests/run

# Without the libraries (77: they cannot be had) DTLS 1.3 and connection IDs are skipped, aloud; and the static dtlsnoop.
check-all:
	@tests/need --install build static image check deb
	@tests/lab/libraries || [ $$? = 77 ]
	@$(MAKE) --no-print-directory check-build
	@tests/need --install sql || true
	@tests/need --install firefox || true
	@tests/need --install vm || true
	@$(MAKE) --no-print-directory check-static
	@tests/run --all
	@if tests/need vm; then VM_JOBS=1 tests/vm/run --ci; else echo "ok - other kernels # SKIP no emulator"; fi

check-static:
	@$(MAKE) --no-print-directory static OPTIONAL=yes
	@if command -v aarch64-linux-gnu-gcc && tests/vm/sysroot; then $(MAKE) --no-print-directory static OPTIONAL=yes ARCH=arm64; fi >/dev/null

vm:
	@tests/need --install build static check vm
	+@MAKE='$(MAKE)' tests/vm/run $(KERNEL)

bench bench-check:
	@tests/need --install build check
	@$(MAKE) --no-print-directory all lab $(OUT)/tests/prog_run $(OUT)/tests/growth $(BENCH_BIN)
	@tests/bench/run $(if $(filter bench-check,$@),--check)

bench-growth: $(OUT)/tests/growth
	@$(OUT)/tests/growth $(if $(CHECK),check) $(if $(ROW),"$(ROW)")

soak:
	@tests/need --install build check
	@$(MAKE) --no-print-directory all lab
	@tests/bench/soak $(or $(SECONDS),1800)

# What the completions are made from.
OPTION_TABLES := user/options.c user/option_values.c user/sinks/sink.c $(wildcard user/sinks/explain_*.c)

man:
	user/deploy/man_headings user/options.c user/deploy/dtlsnoop.8 >user/deploy/dtlsnoop.8.new
	user/deploy/man_explanations user/sinks/explain_*.c user/deploy/dtlsnoop.8.new >user/deploy/dtlsnoop.8.made
	rm user/deploy/dtlsnoop.8.new
	mv user/deploy/dtlsnoop.8.made user/deploy/dtlsnoop.8
	for file in user/deploy/dtlsnoop.bash user/deploy/dtlsnoop.zsh; do \
		user/deploy/completions $(OPTION_TABLES) user/deploy/completion_sockets $$file >$$file.made && mv $$file.made $$file || exit; \
	done

picture: all
	@$(OUT)/dtlsnoop -r tests/golden/founding-abi3.rec --color always | user/deploy/picture \
		-v command='dtlsnoop -p 19369' -v until=note: >user/deploy/founding.svg
	@user/deploy/screenshot $(OUT)/dtlsnoop tests/golden/founding-abi3.rec user/deploy/report.png

# What is installed: file, place below PREFIX, mode. make uninstall removes the same files, and the folders that only dtlsnoop has.
# Debian's zsh looks elsewhere for what packages bring along.
ZSH_COMPLETIONS ?= share/zsh/site-functions
INSTALLED := $(OUT)/dtlsnoop:sbin/dtlsnoop:755 \
	user/deploy/dtlsnoop.8:share/man/man8/dtlsnoop.8:644 \
	user/deploy/dtlsnoop.service:lib/systemd/system/dtlsnoop.service:644 \
	user/deploy/dtlsnoop.bash:share/bash-completion/completions/dtlsnoop:644 \
	user/deploy/dtlsnoop.zsh:$(ZSH_COMPLETIONS)/_dtlsnoop:644 \
	$(foreach file,$(notdir $(wildcard user/deploy/sql/*)),user/deploy/sql/$(file):share/dtlsnoop/sql/$(file):644) \
	$(foreach file,schema.json rules.yml dashboard.json,user/deploy/dtlsnoop.$(file):share/dtlsnoop/dtlsnoop.$(file):644) \
	$(foreach file,README.md CHANGELOG.md LICENSE,$(file):share/doc/dtlsnoop/$(file):644)

install: all
	@set -e; umask 022; for entry in $(INSTALLED); do \
		IFS=:; set -- $$entry; to="$(DESTDIR)$(PREFIX)/$$2"; \
		$(if $(filter 1,$(V)),echo "install $$1 $$to";) \
		install -D -m "$$3" "$$1" "$$to"; \
		case $$1 in *.service) sed -i 's,@SBINDIR@,$(PREFIX)/sbin,' "$$to" ;; esac; \
	done

uninstall:
	@set -e; for entry in $(INSTALLED); do \
		IFS=:; set -- $$entry; to="$(DESTDIR)$(PREFIX)/$$2"; \
		rm -f "$$to"; \
		case $$2 in */dtlsnoop/*) rmdir --ignore-fail-on-non-empty "$${to%/*}" 2>/dev/null || true ;; esac; \
	done

deb:
	@tests/need build deb
	@user/deploy/deb $(OUT)/deb

# RELEASE=trixie: one of them.
deb-check:
	@tests/need --install build deb deb-check
	@tests/deb/clean $(or $(RELEASE),bookworm trixie sid)

clean:
	rm -rf $(OUT)

-include $(SKELETONS:.skel.h=.bpf.d) $(USER_OBJ:.o=.d) $(UNIT_BIN:=.d) $(PROPERTY_OBJ:.o=.d) $(OUT)/tests/prog_run.d
