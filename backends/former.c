/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/former.h"

#include <errno.h>
#include <stdlib.h>

void former_free(struct former **list)
{
	while (*list) {
		struct former *former = *list;

		*list = former->next;
		free(former);
	}
}

struct former *former_get(struct former **list, const struct object *object)
{
	struct former *former;

	for (former = *list; former; former = former->next)
		if (former->object == object)
			return former;
	former = calloc(1, sizeof(*former));
	if (!former)
		abort();
	former->object = object;
	former->next = *list;
	*list = former;
	return former;
}

int former_exchange(struct former **list, struct nl_sock *socket, const struct scope *scope,
		    const struct change *change, const char *place, const char *link,
		    struct error *err)
{
	struct former *former = former_get(list, change->have);
	struct mark ours = { .group = scope->group };
	int r;

	if (change->op == CHANGE_DISOWN) {
		r = mark_write(socket, link, &former->mark, err);
		return r == -ENODEV ? 0 : r; /* it went meanwhile, and the mark with it */
	}
	r = mark_read(socket, link, &former->mark, err);
	if (r < 0)
		return r;
	scope_alias(scope, place, link, ours.alias);
	return mark_write(socket, link, &ours, err);
}
