/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of a table of the kernel's older kind, to chains and rules. Bytes in, model out; no socket is known here. */
#ifndef BACKENDS_XTABLES_ENTRIES_H
#define BACKENDS_XTABLES_ENTRIES_H

#include "model/arena.h"
#include "model/ruleset.h"

#include <net/if.h>
#include <netinet/in.h>
#include <linux/netfilter_ipv4/ip_tables.h>

/*
 * Fills family, chains and is_legacy of *ret from what IPT_SO_GET_INFO (or IP6T_SO_GET_INFO, which looks the same) and
 * IPT_SO_GET_ENTRIES answer; `entries` has info->size bytes, of any alignment, and nothing in it is trusted. family:
 * AF_INET, AF_INET6. False, and *ret is as it was: they have no chain for forwarding, or are no table at all.
 */
bool entries_read(struct rule_table *ret, uint8_t family, const struct ipt_getinfo *info,
		  const void *entries, struct arena *arena);

#endif
