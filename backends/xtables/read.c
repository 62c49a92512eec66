/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getsockopt(2), twice for each table: where its chains begin, and its entries. The kernel makes a table, or loads its
 * module, when it is first asked about it, so only those are asked about that it lists by itself.
 */
#include "backends/xtables.h"

#include "backends/xtables/entries.h"
#include "model/cleanup.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <net/if.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#define ENTRIES_MAX (64U << 20) /* bytes; some 200000 rules */
#define TRIES	    5		/* while somebody changes the table */

/* One code for both families: what the kernel answers looks the same, up to the entries themselves. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       offsetof(struct ipt_get_entries, entrytable) ==
			       offsetof(struct ip6t_get_entries, entrytable) &&
		       sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries),
	       "answers of both families are the same");

struct source {
	uint8_t family;
	int level, get_info, get_entries;
	const char *names; /* lists the tables of the namespace, one on each line */
};

static const struct source sources[] = {
	{ AF_INET, IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES,
	  "/proc/thread-self/net/ip_tables_names" },
	{ AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES,
	  "/proc/thread-self/net/ip6_tables_names" },
};

/* Those that forwarded packets run through and may be dropped in. */
static const char *const tables[] = { "filter", "mangle", "security" };

static bool is_listed(const struct source *source, const char *table)
{
	AUTO_FILE FILE *file = fopen(source->names, "re");
	char line[XT_TABLE_MAXNAMELEN + 1];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, table))
			return true;
	}
	return false;
}

static bool get_info(int fd, const struct source *source, const char *table,
		     struct ipt_getinfo *ret)
{
	socklen_t length = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->name, table, strlen(table));
	return getsockopt(fd, source->level, source->get_info, ret, &length) == 0 &&
	       length == sizeof(*ret) && ret->size <= ENTRIES_MAX;
}

/* To be freed. NULL: they are not told, or are of another size by now (EAGAIN in errno). */
static struct ipt_get_entries *get_entries(int fd, const struct source *source,
					   const struct ipt_getinfo *info)
{
	const size_t size = sizeof(struct ipt_get_entries) + info->size;
	AUTO_FREE struct ipt_get_entries *entries = calloc(1, size);
	socklen_t length = (socklen_t)size;

	errno = ENOMEM;
	if (!entries)
		return NULL;
	memcpy(entries->name, info->name, sizeof(entries->name));
	entries->size = info->size;
	if (getsockopt(fd, source->level, source->get_entries, entries, &length) < 0 ||
	    length != size)
		return NULL;
	return TAKE_PTR(entries);
}

/* Of a table that changes meanwhile the entries do not belong to the beginnings: what is told twice is true. */
static struct ipt_get_entries *get_table(int fd, const struct source *source, const char *table,
					 struct ipt_getinfo *info)
{
	struct ipt_getinfo again;
	unsigned tries;

	for (tries = 0; tries < TRIES && get_info(fd, source, table, info); tries++) {
		AUTO_FREE struct ipt_get_entries *entries = get_entries(fd, source, info);

		if (!entries && errno != EAGAIN)
			return NULL;
		if (entries && get_info(fd, source, table, &again) &&
		    !memcmp(info, &again, sizeof(again)))
			return TAKE_PTR(entries);
	}
	return NULL;
}

/* A table stays for good once it was looked at: one that does nothing is as good as none. */
static bool does_something(const struct rule_table *table)
{
	size_t i;

	for (i = 0; i < table->chains.n; i++) {
		const struct rule_chain *chain = list_item(&table->chains, &record_rule_chain, i);

		if (chain->is_base && (chain->rules.n || chain->policy != VERDICT_ACCEPT))
			return true;
	}
	return false;
}

static void read_table(struct list *ret, int fd, const struct source *source, const char *name,
		       struct arena *arena)
{
	struct ipt_getinfo info;
	AUTO_FREE struct ipt_get_entries *entries = get_table(fd, source, name, &info);
	struct rule_table table = { .name = name };

	if (entries && entries_read(&table, source->family, &info, entries->entrytable, arena) &&
	    does_something(&table))
		*(struct rule_table *)list_append(ret, &record_rule_table, arena) = table;
}

void xtables_read(struct list *ret, struct arena *arena)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		AUTO_CLOSE int fd = -1;

		for (j = 0; j < ARRAY_SIZE(tables); j++) {
			if (!is_listed(&sources[i], tables[j]))
				continue;
			if (fd < 0)
				fd = socket(sources[i].family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
			if (fd >= 0)
				read_table(ret, fd, &sources[i], tables[j], arena);
		}
	}
}
