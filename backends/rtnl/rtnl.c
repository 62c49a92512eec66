/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backend rtnl: links, forwarding databases, addresses and routes. One dump of each per place; nothing is written while observing, and no
 * change is sent that nobody asked for.
 */
#include "backends/rtnl/rtnl.h"

#include "backends/backends.h"
#include "backends/former.h"
#include "backends/rtnl/address.h"
#include "backends/rtnl/adopt.h"
#include "backends/rtnl/external.h"
#include "backends/rtnl/fdb.h"
#include "backends/rtnl/link.h"
#include "backends/rtnl/link_ops.h"
#include "backends/rtnl/promote.h"
#include "backends/rtnl/route.h"
#include "model/classes.h"
#include "model/link.h"

#include <errno.h>
#include <stdlib.h>

static bool handles(const struct class *class)
{
	return class == &class_link || class == &class_fdb || class == &class_address ||
	       class == &class_route;
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
	ctx->adopts = options->adopts;
	*ret = ctx;
	return 0;
}

static void close_rtnl(struct backend_ctx *ctx)
{
	if (ctx) {
		free(ctx->half_marked);
		former_free(&ctx->former);
	}
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
	ctx->n_half_marked = 0;
	r = seen_read(&seen, ctx, have, err);
	if (r == 0)
		r = link_observe(ctx, &seen, have, err);
	if (r == 0)
		r = fdb_observe(ctx, &seen, have, err);
	if (r == 0)
		r = address_observe(ctx, &seen, have, err);
	if (r == 0)
		r = route_observe(ctx, &seen, have, err);
	seen_free(&seen);
	return r;
}

/*
 * A run killed between making a link and its alias, or between moving it to the trash and deleting it. Left there, a
 * link that is wanted again would go with the next that is deleted.
 */
static int mend_marks(struct backend_ctx *ctx, struct error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ctx->n_half_marked && r == 0; i++) {
		const struct half_marked *link = &ctx->half_marked[i];

		r = link_set_group(ctx, link->place, link->index, ctx->scope->group, err);
		if (r == 0 && !link->has_alias)
			r = link_set_alias(ctx, link->place, link->name, link->index, err);
		if (r == -ENODEV || r == -ENOENT)
			r = 0; /* it went meanwhile */
	}
	ctx->n_half_marked = 0;
	return r < 0 ? error_add_context(err, "complete marks") : 0;
}

/* A link that is gone took along what it was; the next one of its name is another. */
static void forget_gone(void *data, const char *place, const char *name)
{
	struct backend_ctx *ctx = data;
	struct arena *arena = arena_new();
	struct external record;
	struct error ignored;
	uint32_t index;
	int r = link_index(ctx, place, name, &index, &ignored);
	bool is_gone = r == -ENODEV || r == -ENOENT;

	if ((r == 0 || is_gone) &&
	    external_load(&record, ctx->scope, place, name, 0, arena, &ignored) == 0 &&
	    (is_gone || (record.index && record.index != index))) {
		record.rows = 0;
		(void)!external_save(&record, ctx->scope, &ignored);
	}
	arena_free(arena);
}

static int mend(struct backend_ctx *ctx, struct error *err)
{
	int r = promote_mend(ctx, err);

	if (external_any(ctx->scope)) {
		external_mend(ctx->scope);
		external_each(ctx->scope, forget_gone, ctx);
	}
	return r < 0 ? r : mend_marks(ctx, err);
}

static const struct class *class_of(const struct change *change)
{
	return (change->want ? change->want : change->have)->class;
}

static bool is_adoption(const struct change *change)
{
	return change->op == CHANGE_ADOPT || change->op == CHANGE_DISOWN;
}

/* How many changes from the first are done in one step: addresses together, and deletions of links. */
static size_t run_length(const struct change *const *changes, size_t n)
{
	const struct class *class = class_of(changes[0]);
	size_t length = 1;

	if (class == &class_route || class == &class_fdb || is_adoption(changes[0]) ||
	    (class == &class_link && changes[0]->op != CHANGE_DELETE))
		return 1;
	while (length < n && class_of(changes[length]) == class && !is_adoption(changes[length]) &&
	       (class == &class_address || changes[length]->op == CHANGE_DELETE))
		length++;
	return length;
}

static int apply_run(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		     size_t *done, struct error *err)
{
	const struct class *class = class_of(changes[0]);
	int r;

	if (is_adoption(changes[0])) {
		r = rtnl_adopt(ctx, changes[0], err);
		*done += r == 0;
		return r;
	}
	if (class == &class_address)
		return address_apply(ctx, changes, n, done, err);
	if (class == &class_link && changes[0]->op == CHANGE_DELETE)
		return link_delete_all(ctx, changes, n, done, err);
	r = class == &class_link  ? link_apply(ctx, changes[0], err)
	    : class == &class_fdb ? fdb_apply(ctx, changes[0], err)
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
	.mend = mend,
	.apply = apply,
	.close = close_rtnl,
};
