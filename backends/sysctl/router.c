/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces that would go deaf to router advertisements; see accept_ra in the kernel's ip-sysctl.rst. */
#include "backends/router.h"

#include "backends/sysctl/hold.h"
#include "backends/sysctl/value.h"

#include <errno.h>
#include <string.h>

int router_interfaces(struct list *ret, const struct list *candidates, struct arena *arena,
		      struct error *err)
{
	struct holdings holdings = { .arena = arena };
	const struct string_item *items = candidates->items;
	uint64_t cookie;
	size_t i;
	int r = record_cookie(&cookie, err);

	if (r >= 0)
		r = records_load(&holdings.records, &holdings.n, arena, err);
	for (i = 0; r >= 0 && i < candidates->n; i++) {
		const char *path = arena_printf(arena, "net/ipv6/conf/%s/accept_ra", items[i].text);
		const struct undo_record *record = holdings_find(&holdings, cookie, path);
		AUTO_TEXT struct text value = { 0 };
		const char *before;

		r = value_read(path, &value, err);
		if (r == -ENOENT) { /* no IPv6 there, or it has just gone */
			r = 0;
			continue;
		}
		before = record ? record->original : text_get(&value);
		if (r >= 0 && !strcmp(before, "1"))
			((struct string_item *)list_append(ret, &record_string_item, arena))->text =
				items[i].text;
	}
	return r < 0 ? r : 0;
}
