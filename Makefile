# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sources are found by wildcard: a new kind, class, backend, subcommand or test needs no line here.
# `make help` lists the targets. Building alone installs nothing: only demo, test, lint, coverage
# and fuzz ask for the Debian packages they need (DEPS=no leaves that to you).

VERSION := 0.1.0

prefix ?= /usr/local
sbindir ?= $(prefix)/sbin
libexecdir ?= $(prefix)/libexec
sysconfdir ?= /etc
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/vnetapply
unitdir ?= $(prefix)/lib/systemd/system
PKG_CONFIG ?= pkg-config
INSTALL ?= install
DEPS ?= yes

# What apt installs, and what pkg-config calls the libraries.
LIBRARIES := yaml-0.1 libnl-3.0 libnl-route-3.0 libnftables jansson libmd
BUILD_PACKAGES := gcc libc6-dev pkg-config libyaml-dev libnl-3-dev libnl-route-3-dev \
	libnftables-dev libjansson-dev libmd-dev libssl-dev
TEST_PACKAGES := libcmocka-dev python3 jq iproute2 nftables iputils-ping tcpdump iperf3 ethtool \
	procps libcap2-bin mandoc iptables systemd valgrind
LINT_PACKAGES := clang clang-format mandoc shellcheck gcc-aarch64-linux-gnu \
	libc6-dev-arm64-cross
FUZZ_PACKAGES := clang
VM_PACKAGES := qemu-system-x86 busybox-static kmod cpio xz-utils
COVERAGE_PACKAGES := gcovr

# One directory of objects per variant, so that switching costs no rebuild.
VARIANT ?= $(if $(FUZZ),fuzz,$(if $(COVERAGE),coverage,$(if $(SAN),san,release)))
B := build/$(VARIANT)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum \
	-Wimplicit-fallthrough -Wnull-dereference -Wconversion
ifdef WERROR
WARNINGS += -Werror
endif

CFLAGS ?= -O2 -g
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ifneq ($(SAN)$(FUZZ),)
CFLAGS := -O1 -g $(sanitize) -DSANDBOX_OFF=sanitizers
LDFLAGS += -fsanitize=address,undefined
HARDEN :=
endif
ifdef FUZZ
CC := clang
CFLAGS += -fsanitize=fuzzer-no-link
endif
ifdef COVERAGE
CFLAGS := -O0 -g --coverage -DSANDBOX_OFF=coverage
LDFLAGS += --coverage
HARDEN :=
endif

# Asked once, and only when something is compiled: the packages may just have been installed.
# System headers, so that our warnings are about our code.
library_cflags = $(eval library_cflags := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(LIBRARIES))))$(library_cflags)
library_libs = $(eval library_libs := $(shell $(PKG_CONFIG) --libs $(LIBRARIES)))$(library_libs)

SOURCE_FLAGS = -std=gnu11 $(WARNINGS) -I. $(library_cflags) -D_GNU_SOURCE \
	-DVNETAPPLY_VERSION='"$(VERSION)"' -DLIBEXECDIR='"$(libexecdir)"'
ALL_CFLAGS = $(SOURCE_FLAGS) $(HARDEN) -fPIE -MMD -MP $(CFLAGS)
# The build id tells whether a worker runs the program that is installed.
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--build-id $(LDFLAGS)
LIBS = $(library_libs) -lpthread
# The cryptographic library is the worker's alone.
WORKER_LIBS = -lcrypto

ifeq ($(V),)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2);
endif

# Without -j on the command line the targets that do everything use every processor.
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
again = $(Q)+$(MAKE) --no-print-directory $(parallel)

worker_sources := $(wildcard backends/tunnel/worker/*.c backends/tunnel/worker/*/*.c)
library_sources := $(wildcard model/*.c model/kind/*.c reconcile/*.c backends/*.c backends/*/*.c)
command_sources := $(filter-out cmd/main.c cmd/vnettunnel.c,$(wildcard cmd/*.c cmd/*/*.c))
fake_sources := $(wildcard tests/fake/*.c)
test_sources := $(wildcard $(foreach part,unit golden errors property docs netns,tests/$(part)/test_*.c))
fuzz_sources := $(wildcard tests/fuzz/fuzz_*.c)
bench_sources := $(wildcard tests/bench/bench_*.c)

object = $(patsubst %.c,$(B)/%.o,$(1))
program = $(patsubst %.c,$(B)/%,$(1))
library_objects := $(call object,$(library_sources) $(command_sources))
worker_objects := $(call object,$(worker_sources))
# The control protocol is spoken by both programs.
worker_shared := $(call object,$(wildcard backends/tunnel/protocol*.c) backends/tunnel/wire.c)
fake_objects := $(call object,$(fake_sources))
test_programs := $(call program,$(test_sources))
fuzz_programs := $(call program,$(fuzz_sources))
bench_programs := $(call program,$(bench_sources))
shims := $(patsubst %.c,$(B)/%.so,$(wildcard tests/shim/*.c))
programs := $(if $(wildcard cmd/main.c),$(B)/vnetapply) \
	$(if $(wildcard cmd/vnettunnel.c),$(B)/vnettunnel)
manuals := $(wildcard docs/*.[58]) $(B)/docs/vnetapply.yaml.5

.PHONY: all
all: $(programs) $(manuals) ## build vnetapply and vnettunnel (SAN=1: with sanitizers; CC=clang; WERROR=1; V=1)

$(B)/vnetapply: $(call object,cmd/main.c) $(library_objects)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/vnettunnel: $(call object,cmd/vnettunnel.c) $(worker_objects) $(worker_shared)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(WORKER_LIBS)

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Changes when the compiler or its flags do, and everything is then compiled anew.
flags_line = $(subst ','\'',$(CC) $(WARNINGS) $(HARDEN) $(CFLAGS) $(LDFLAGS) $(VERSION) $(libexecdir))
$(B)/flags: always
	@mkdir -p $(@D)
	@echo '$(flags_line)' | cmp -s - $@ || echo '$(flags_line)' > $@

.PHONY: always
always:

# A test sees the library, the fake backend and the worker, never a main(). From an archive the
# linker takes only what a test needs, so a test of one part links whatever the others are doing.
archives := $(B)/fake.a $(B)/library.a $(B)/worker.a
$(B)/fake.a: $(fake_objects)
$(B)/library.a: $(library_objects)
$(B)/worker.a: $(worker_objects)
$(archives):
	@mkdir -p $(@D) && rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(test_programs): $(B)/%: $(B)/%.o $(archives)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(WORKER_LIBS) -lcmocka

# A fuzz target is replayed over its corpus by a plain main; FUZZ=1 gives it libFuzzer's instead.
fuzz_main = $(if $(FUZZ),,$(call object,tests/fuzz/replay_main.c))
$(fuzz_programs): $(B)/%: $(B)/%.o $(fuzz_main) $(archives)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LIBS) $(WORKER_LIBS)

$(bench_programs): $(B)/%: $(B)/%.o $(archives)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(WORKER_LIBS)

# The key reference of vnetapply.yaml(5) is written by the rows that read the file.
$(B)/docs/reference: $(call object,docs/reference.c) $(archives)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/docs/vnetapply.yaml.5: docs/vnetapply.yaml.5.in $(B)/docs/reference
	$(call say,MAN,$@)$(B)/docs/reference >$@.keys && \
		sed -e '/^@KEYS@$$/{r $@.keys' -e 'd}' $< >$@ && rm $@.keys

# What tests load into vnetapply. Without sanitizers: their library is the program's alone.
$(shims): $(B)/%.so: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(SOURCE_FLAGS) -O1 -g -fPIC -shared -o $@ $< -ldl

##@ Trying it

.PHONY: demo deps test-deps lint-deps
demo: deps ## install what the build needs, build, and run two hosts on this machine
	$(again) all
	$(Q)BUILD=$(B) tests/demo.sh

require = @[ "$(DEPS)" = no ] || packaging/require-packages
deps: ## install the Debian packages that the build needs, where missing (root)
	@{ command -v $(firstword $(CC)) && $(PKG_CONFIG) --exists $(LIBRARIES) libcrypto; } >/dev/null 2>&1 || \
		[ "$(DEPS)" = no ] || packaging/require-packages $(BUILD_PACKAGES)

test-deps: ## the same for the tests
	$(require) $(TEST_PACKAGES)

lint-deps: ## the same for lint
	$(require) $(LINT_PACKAGES)

##@ Testing

parts := unit golden errors property docs fuzz netns
.PHONY: test test-programs $(parts:%=test-%) golden-update
test: deps test-deps ## everything below, after installing what it needs (root)
	$(again) all test-programs
	$(Q)BUILD=$(B) tests/run $(parts)

test-programs: $(test_programs) $(bench_programs) $(shims) $(if $(wildcard tests/fuzz/replay_main.c),$(fuzz_programs))
	@:

test-unit: ## unit tests
test-golden: ## topology and live state in, plan out
test-errors: ## mistakes in, exact messages out
test-property: ## random models through the fake backend
test-docs: ## manual pages and README against the program
test-fuzz: ## replay of the fuzz corpora, no clang needed
test-netns: ## real network namespaces (ROOTLESS=1: as nobody, in a user namespace)
$(parts:%=test-%): all
$(parts:%=test-%): test-%: test-programs
	$(Q)BUILD=$(B) tests/run $(if $(ROOTLESS),--rootless) $*

.PHONY: test-vm
test-vm: deps test-deps ## the main job under Debian's own kernel, in an emulated machine
	$(require) $(VM_PACKAGES)
	$(again) all test-programs
	$(Q)BUILD=$(B) VNET_TIMEOUT=$${VNET_TIMEOUT:-1500} tests/run vm

golden-update: all test-programs ## rewrite the expected output of golden and errors; review the diff
	$(Q)VNET_UPDATE=1 BUILD=$(B) tests/run golden errors

##@ Judging it

.PHONY: soak
SOAK_SECONDS ?= 3600
soak: all test-programs ## every fault and kill, random changes for SOAK_SECONDS=3600; as root; HACKING.md
	$(Q)VNET_SOAK=$(SOAK_SECONDS) VNET_TIMEOUT=$$((8 * $(SOAK_SECONDS))) VNET_SECONDS=$$((4 * $(SOAK_SECONDS))) \
		BUILD=$(B) ONLY='[67][0-9]_*' tests/run netns

.PHONY: lint analyze coverage fuzz fuzz-run bench bench-tunnel format
lint: deps lint-deps ## layers, formatting, function length, static analysis, manuals, scripts, SPDX
	$(Q)BUILD=$(B) VNET_TIMEOUT=$${VNET_TIMEOUT:-1500} tests/run lint

# The analyzer's verdict on each file is kept until the file changes; part of lint.
all_sources := $(worker_sources) $(library_sources) $(wildcard cmd/*.c cmd/*/*.c)
analyze: $(patsubst %.c,build/analyze/%.done,$(all_sources))
build/analyze/%.done: %.c
	@mkdir -p $(@D)
	$(Q)clang --analyze -Xclang -analyzer-werror $(SOURCE_FLAGS) -MMD -MP \
		-MF build/analyze/$*.d -MT $@ -o /dev/null $< && touch $@

coverage: deps test-deps ## lines reached by the tests, as one number and by file
	$(require) $(COVERAGE_PACKAGES)
	$(again) COVERAGE=1 all test-programs
	$(Q)BUILD=build/coverage tests/run $(parts)
	$(Q)gcovr --root . --object-directory build/coverage --exclude tests/ --print-summary

FUZZ_MINUTES ?= 1
fuzz: deps ## libFuzzer on each target for FUZZ_MINUTES (1) minutes; FUZZ_TARGET=NAME for one
	$(require) $(FUZZ_PACKAGES)
	$(again) FUZZ=1 fuzz-run
fuzz-run: $(filter %$(FUZZ_TARGET),$(fuzz_programs))
	$(Q)tests/fuzz/run $(FUZZ_MINUTES) $^

bench: deps test-deps ## what a run costs, beside bare netlink dumps and iproute2
	$(again) all $(bench_programs)
	$(Q)for b in tests/bench/*.sh; do BUILD=$(B) "$$b" || exit 1; done

BENCH_OPTIONS ?= --ablation --json build/bench-tunnel.json
bench-tunnel: deps test-deps ## the worker beside VXLAN, a plain relay and peers, with each technique off (minutes)
	$(again) all $(bench_programs)
	$(Q)BUILD=$(B) BENCH_OPTIONS='$(BENCH_OPTIONS)' tests/bench/tunnel.sh

format: ## clang-format on every source
	clang-format -i $$(find cmd model reconcile backends tests -name '*.[ch]')

##@ Installing

units := $(patsubst packaging/%.in,%,$(wildcard packaging/*.in))
# The worker is found beside vnetapply or in libexecdir; its name in sbin is for people.
.PHONY: install uninstall
install: all ## programs, manual pages and units of systemd (DESTDIR, prefix=/usr/local)
	$(INSTALL) -d $(addprefix $(DESTDIR),$(sbindir) $(libexecdir)/vnetapply $(unitdir) $(docdir))
	$(INSTALL) -m 755 $(B)/vnetapply $(DESTDIR)$(sbindir)/vnetapply
ifneq ($(wildcard cmd/vnettunnel.c),)
	$(INSTALL) -m 755 $(B)/vnettunnel $(DESTDIR)$(libexecdir)/vnetapply/vnettunnel
	ln -sfr $(DESTDIR)$(libexecdir)/vnetapply/vnettunnel $(DESTDIR)$(sbindir)/vnettunnel
endif
	for page in $(manuals); do \
		$(INSTALL) -D -m 644 -t $(DESTDIR)$(mandir)/man$${page##*.} $$page || exit 1; done
	for unit in $(units); do \
		sed 's|@sbindir@|$(sbindir)|g; s|@sysconfdir@|$(sysconfdir)|g' packaging/$$unit.in \
			> $(DESTDIR)$(unitdir)/$$unit && chmod 644 $(DESTDIR)$(unitdir)/$$unit || exit 1; done
	$(INSTALL) -m 644 $(wildcard README.md) CHANGELOG.md LICENSE $(DESTDIR)$(docdir)

uninstall: ## what install put there; nothing in /etc
	rm -f $(DESTDIR)$(sbindir)/vnetapply $(DESTDIR)$(sbindir)/vnettunnel
	rm -f $(addprefix $(DESTDIR)$(mandir)/,$(foreach m,$(notdir $(manuals)),man$(subst .,,$(suffix $(m)))/$(m)))
	rm -f $(addprefix $(DESTDIR)$(unitdir)/,$(units))
	rm -rf $(DESTDIR)$(libexecdir)/vnetapply $(DESTDIR)$(docdir)

.PHONY: clean help
clean: ## remove everything that was built
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## /{printf "  %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.SECONDARY:
-include $(shell find $(B) build/analyze -name '*.d' 2>/dev/null)
