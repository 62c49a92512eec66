/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A byte for the family, what IPT_SO_GET_INFO answers, and entries of iptables-legacy; then packets walked through them. */
#include "backends/xtables/entries.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct rule_table *table, uint8_t family)
{
	struct packet packet = { .in = "br0",
				 .out = "an-interface-with-a-long-name",
				 .family = family,
				 .state = RULE_STATE_NEW,
				 .source = { .family = family, .length = addr_bits(family) } };
	struct packet_end end;

	if (rule_table_drops(table, &packet, &end) && !end.base)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule_table table = { .name = "filter" };
	struct ipt_getinfo info;
	struct arena *arena;
	uint8_t family;
	void *entries;

	if (size < 1 + sizeof(info))
		return 0;
	family = data[0] & 1 ? AF_INET6 : AF_INET;
	memcpy(&info, data + 1, sizeof(info));
	info.size = (unsigned)(size - 1 - sizeof(info));
	/* Of their own size, so that a sanitizer sees what is read behind them. */
	entries = malloc(info.size ? info.size : 1U);
	if (!entries)
		abort();
	memcpy(entries, data + 1 + sizeof(info), info.size);
	arena = arena_new();
	if (entries_read(&table, family, &info, entries, arena))
		walk(&table, family);
	arena_free(arena);
	free(entries);
	return 0;
}
