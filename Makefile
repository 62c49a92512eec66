# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sources are found by wildcard: a new kind, class, backend or subcommand needs no line here.
#
#   make                build vnetapply and vnettunnel under build/release
#   make SAN=1 …        the same with AddressSanitizer and UBSan, under build/san
#   make CC=clang WERROR=1 …
#   make test           everything; test-unit and the other parts below run alone too

VERSION := 0.1.0

prefix ?= /usr/local
sbindir ?= $(prefix)/sbin
mandir ?= $(prefix)/share/man
libexecdir ?= $(prefix)/libexec
unitdir ?= /lib/systemd/system
PKG_CONFIG ?= pkg-config

VARIANT := release
ifdef SAN
VARIANT := san
endif
B := build/$(VARIANT)

PACKAGES := yaml-0.1 libnl-3.0 libnl-route-3.0 libnftables jansson libmd

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum \
	-Wimplicit-fallthrough -Wnull-dereference -Wconversion
ifdef WERROR
WARNINGS += -Werror
endif

CFLAGS ?= -O2 -g
ifdef SAN
CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
endif
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(HARDEN) -fPIE -I. -isystem /usr/include/libnl3 -MMD -MP \
	-D_GNU_SOURCE -DVNETAPPLY_VERSION='"$(VERSION)"' -DLIBEXECDIR='"$(libexecdir)"' $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
LIBS = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lpthread

ifeq ($(V),)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2);
endif

worker_sources := $(wildcard backends/tunnel/worker/*.c)
library_sources := $(wildcard model/*.c model/kind/*.c reconcile/*.c backends/*.c backends/*/*.c)
command_sources := $(filter-out cmd/main.c cmd/vnettunnel.c,$(wildcard cmd/*.c cmd/*/*.c))
unit_sources := $(wildcard tests/unit/test_*.c)
fake_sources := $(wildcard tests/fake/*.c)

object = $(patsubst %.c,$(B)/%.o,$(1))
library_objects := $(call object,$(library_sources) $(command_sources))
# The control protocol is spoken by both programs.
worker_shared := $(call object,$(wildcard backends/tunnel/protocol*.c) backends/tunnel/wire.c)
worker_objects := $(call object,$(worker_sources))
unit_programs := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(unit_sources))

programs := $(if $(wildcard cmd/main.c),$(B)/vnetapply) $(if $(wildcard cmd/vnettunnel.c),$(B)/vnettunnel)

.PHONY: all clean test test-unit format
all: $(programs)

$(B)/vnetapply: $(call object,cmd/main.c) $(library_objects)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/vnettunnel: $(call object,cmd/vnettunnel.c) $(worker_objects) $(worker_shared)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# A unit test sees the library, the fake backend and the worker, never a main().
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(call object,$(fake_sources)) $(library_objects) $(worker_objects)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

test-unit: $(unit_programs)
	@failed=0; for t in $(unit_programs); do $$t || failed=1; done; exit $$failed

test: test-unit

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

clean:
	rm -rf build

.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
