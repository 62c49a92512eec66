/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backend rtnl: links, addresses and routes. One dump of each per place; nothing is written while observing, and no
 * change is sent that nobody asked for.
 */
#include "backends/rtnl/rtnl.h"

#include "backends/backends.h"
#include "backends/rtnl/address.h"
#include "backends/rtnl/link.h"
#include "backends/rtnl/route.h"
#include "model/classes.h"
#include "model/link.h"

#include <errno.h>
#include <stdlib.h>

static bool handles(const struct class *class)
{
	return class == &class_link || class == &class_address || class == &class_route;
}

static int open_rtnl(struct backend_ctx **ret, const struct backend_options *options,
		     struct error *err)
{
	struct backend_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	ctx->scope = options->scope;
	ctx->places = options->places;
	ctx->all = options->all;
	*ret = ctx;
	return 0;
}

static void close_rtnl(struct backend_ctx *ctx)
{
	free(ctx);
}

static bool has_foreign_ports(const struct model *want)
{
	const struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, want, i) {
		if (object->class == &class_link && object->external &&
		    ref_is_set(&object_link(object)->master))
			return true;
	}
	return false;
}

static int observe(struct backend_ctx *ctx, const struct model *want, struct model *have,
		   struct error *err)
{
	struct seen seen;
	int r;

	ctx->want = want;
	ctx->has_foreign_ports = has_foreign_ports(want);
	ctx->have = have;
	r = seen_read(&seen, ctx, have, err);
	if (r == 0)
		r = link_observe(ctx, &seen, have, err);
	if (r == 0)
		r = address_observe(ctx, &seen, have, err);
	if (r == 0)
		r = route_observe(ctx, &seen, have, err);
	seen_free(&seen);
	return r;
}

static const struct class *class_of(const struct change *change)
{
	return (change->want ? change->want : change->have)->class;
}

/* How many changes from the first are done in one step: addresses together, and deletions of links. */
static size_t run_length(const struct change *const *changes, size_t n)
{
	const struct class *class = class_of(changes[0]);
	size_t length = 1;

	if (class == &class_route || (class == &class_link && changes[0]->op != CHANGE_DELETE))
		return 1;
	while (length < n && class_of(changes[length]) == class &&
	       (class == &class_address || changes[length]->op == CHANGE_DELETE))
		length++;
	return length;
}

static int apply_run(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		     size_t *done, struct error *err)
{
	const struct class *class = class_of(changes[0]);
	int r;

	if (class == &class_address)
		return address_apply(ctx, changes, n, done, err);
	if (class == &class_link && changes[0]->op == CHANGE_DELETE)
		return link_delete_all(ctx, changes, n, done, err);
	r = class == &class_link ? link_apply(ctx, changes[0], err)
				 : route_apply(ctx, changes[0], err);
	if (r == 0)
		++*done;
	return r;
}

static int apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		 size_t *done, struct error *err)
{
	size_t i, length;
	int r = 0;

	*done = 0;
	for (i = 0; i < n && r == 0; i += length) {
		length = run_length(&changes[i], n - i);
		r = apply_run(ctx, &changes[i], length, done, err);
	}
	return r;
}

const struct backend backend_rtnl = {
	.name = "rtnl",
	.handles = handles,
	.open = open_rtnl,
	.observe = observe,
	.apply = apply,
	.close = close_rtnl,
};
