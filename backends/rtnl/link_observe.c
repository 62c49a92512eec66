/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every link there is, with its owner: foreign ones too, since their names are taken and others refer to them. */
#include "backends/rtnl/link.h"

#include "backends/mark.h"
#include "backends/rtnl/external.h"
#include "backends/rtnl/link_hooks.h"
#include "backends/rtnl/port_cost.h"
#include "model/classes.h"

#include <stdlib.h>
#include <string.h>

struct observing {
	struct backend_ctx *ctx;
	struct seen *seen;
	struct model *have;
	bool has_records;
};

static struct ref make_ref(struct model *have, const struct object *object,
			   const struct seen_place *place, const struct seen_link *link)
{
	struct ref ref = { 0 };

	if (!link)
		return ref;
	ref.name = arena_strdup(model_arena(have), link->name);
	if (strcmp(place->name, object->place) != 0)
		ref.place = arena_strdup(model_arena(have), place->name);
	return ref;
}

static void fill_refs(struct observing *observing, struct object *object, struct seen_place *place,
		      const struct seen_link *seen, const struct link_message *message)
{
	struct link *link = object->data;
	const struct seen_link *far;
	struct seen_place *far_place;

	if (message->master)
		link->master =
			make_ref(observing->have, object, place, seen_find(place, message->master));
	far = seen_far_end(observing->seen, place, seen, &far_place);
	if (!far)
		return;
	if (message->kind && !strcmp(message->kind, "veth"))
		link->peer = make_ref(observing->have, object, far_place, far);
	else
		link->link = make_ref(observing->have, object, far_place, far);
}

static bool is_lo(const struct link_message *message)
{
	return !strcmp(message->name, "lo");
}

static enum owner owner_of(const struct backend_ctx *ctx, const struct link_message *message,
			   bool inside)
{
	if (mark_is_ours(ctx->scope, message->group, message->alias, inside))
		return OWNER_OURS;
	return is_lo(message) ? OWNER_KERNEL : OWNER_FOREIGN;
}

/* A foreign link that we changed is ours to release. */
static int find_record(struct observing *observing, struct object *object, uint32_t index,
		       struct error *err)
{
	struct external record;
	int r;

	if (!observing->has_records)
		return 0;
	r = external_load(&record, observing->ctx->scope, object->place, object->name, index,
			  observing->seen->arena, err);
	if (r < 0 || !record.rows)
		return r;
	object->owner = OWNER_OURS;
	object->external = true;
	object->written = record.rows;
	return 0;
}

static void note_half_marked(struct backend_ctx *ctx, const struct object *object,
			     const struct link_message *message)
{
	struct half_marked *more;

	if (message->alias && message->group == ctx->scope->group)
		return;
	more = realloc(ctx->half_marked, (ctx->n_half_marked + 1) * sizeof(*more));
	if (!more)
		abort();
	ctx->half_marked = more;
	more[ctx->n_half_marked++] = (struct half_marked){
		.place = object->place,
		.name = object->name,
		.index = message->index,
		.has_alias = message->alias != NULL,
	};
}

/* Asked only where the file leaves it to the kernel. */
static void fill_kernel_cost(struct object *object, const struct object *want,
			     const struct seen_place *place)
{
	struct link *link = object->data;

	if (want && !object_link(want)->port.path_cost && ref_is_set(&link->master) &&
	    link->port.path_cost)
		link->port.kernel_cost = port_cost_of_kernel(link, place->socket, object->name);
}

static int observe_one(struct observing *observing, struct seen_place *place,
		       const struct seen_link *seen, struct error *err)
{
	const struct object *want =
		model_find(observing->ctx->want, &class_link, place->name, seen->name);
	struct object *object = model_add(observing->have, &class_link, place->name, seen->name);
	struct link_message message;

	if (!object || !link_message_parse(&message, seen->message))
		return 0;
	link_message_fill(object->data, &message, want ? want->data : NULL,
			  model_arena(observing->have));
	fill_refs(observing, object, place, seen, &message);
	object->owner = owner_of(observing->ctx, &message, place->is_ours);
	if (place->name[0] && is_lo(&message)) {
		object->external = true; /* it comes and goes with its namespace */
		return 0;
	}
	if (object->owner != OWNER_OURS) {
		object->holder = mark_holder(observing->ctx->scope, message.alias,
					     model_arena(observing->have));
		return find_record(observing, object, message.index, err);
	}
	note_half_marked(observing->ctx, object, &message);
	fill_kernel_cost(object, want, place);
	return 0;
}

int link_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have, struct error *err)
{
	struct observing observing = {
		.ctx = ctx, .seen = seen, .have = have, .has_records = external_any(ctx->scope)
	};
	size_t i, j;
	int r = 0;

	for (i = 0; i < seen->n; i++)
		for (j = 0; j < seen->places[i].n && r == 0; j++)
			r = observe_one(&observing, &seen->places[i], &seen->places[i].links[j],
					err);
	return r;
}
