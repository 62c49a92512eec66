/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fake/fake_backend.h"

#include "model/classes.h"
#include "model/link.h"
#include "reconcile/refs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct backend_ctx {
	struct model *live;
	size_t fail_at, steps;
};

struct backend_ctx *fake_new(struct model *live)
{
	struct backend_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		abort();
	ctx->live = live;
	return ctx;
}

void fake_free(struct backend_ctx *ctx)
{
	free(ctx);
}

void fake_fail_at(struct backend_ctx *ctx, size_t n)
{
	ctx->fail_at = n ? ctx->steps + n : 0;
}

size_t fake_steps(const struct backend_ctx *ctx)
{
	return ctx->steps;
}

static bool handles(const struct class *class)
{
	return class != NULL;
}

static int observe(struct backend_ctx *ctx, const struct model *want, struct model *have,
		   struct error *err)
{
	const struct object *object;
	size_t i;

	(void)want;
	(void)err;
	MODEL_FOR_EACH (object, ctx->live, i)
		model_copy_object(have, object);
	return 0;
}

struct missing {
	const struct model *live;
	const char *name;
};

static void check_ref(void *data, const struct object *object, const struct field *field,
		      const struct ref *ref)
{
	struct missing *missing = data;

	if (strcmp(field->name, "peer") != 0 && !model_find_ref(missing->live, object, ref))
		missing->name = ref->name;
}

static int check_needs(const struct backend_ctx *ctx, const struct object *object,
		       struct error *err)
{
	struct missing missing = { .live = ctx->live };

	if (object->place[0] && !model_find(ctx->live, &class_netns, "", object->place))
		return error_set(err, ENOENT, "%s: no namespace %s", object->name, object->place);
	refs_for_each(object, check_ref, &missing);
	if (missing.name)
		return error_set(err, ENODEV, "%s/%s: no link %s", object->place, object->name,
				 missing.name);
	return 0;
}

static int create(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	int r = check_needs(ctx, want, err);
	struct object *made;

	if (r < 0)
		return r;
	made = model_copy_object(ctx->live, want);
	if (!made)
		return error_set(err, EEXIST, "%s/%s exists", want->place, want->name);
	made->owner = OWNER_OURS;
	return 0;
}

struct search {
	struct backend_ctx *ctx;
	const struct object *target;
	bool refers, is_master;
};

static void find_ref(void *data, const struct object *object, const struct field *field,
		     const struct ref *ref)
{
	struct search *search = data;

	if (model_find_ref(search->ctx->live, object, ref) != search->target)
		return;
	if (!strcmp(field->name, "master"))
		search->is_master = true;
	else
		search->refers = true;
}

static void delete (struct backend_ctx *ctx, struct object *object);

/* Something that refers to what is deleted, or lies in it; NULL: nothing is left. Ports are only released. */
static struct object *next_victim(struct backend_ctx *ctx, const struct object *gone)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, ctx->live, i) {
		struct search search = { .ctx = ctx, .target = gone };

		if (object == gone || object->class == &class_tunnel ||
		    object->class == &class_sysctl)
			continue;
		if (gone->class == &class_netns && !strcmp(object->place, gone->name))
			return object;
		if (gone->class != &class_link)
			continue;
		refs_for_each(object, find_ref, &search);
		if (search.is_master) {
			object_link(object)->master = (struct ref){ 0 };
			memcpy(&object_link(object)->port, record_bridge_port.defaults,
			       sizeof(struct bridge_port));
		}
		if (search.refers)
			return object;
	}
	return NULL;
}

static void delete (struct backend_ctx *ctx, struct object *object)
{
	struct object *victim;

	/* A veth's ends name each other: take this one out of the way of its peer's search. */
	if (object->class == &class_link)
		object_link(object)->peer = (struct ref){ 0 };
	while ((victim = next_victim(ctx, object)))
		delete (ctx, victim);
	model_remove(ctx->live, object);
}

static int update(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *want = change->want;
	struct object *live = model_find(ctx->live, want->class, want->place, want->name);
	const struct field *field;
	void *from, *into;
	size_t i;
	int r = check_needs(ctx, want, err);

	if (r < 0)
		return r;
	if (!live)
		return error_set(err, ENODEV, "%s/%s: gone", want->place, want->name);
	for (i = 0; i < FIELD_MASK_BITS; i++)
		if (change->fields & 1ULL << i && object_field(want, i, &field, &from) &&
		    object_field(live, i, &field, &into))
			field_copy(field, into, from, model_arena(ctx->live));
	live->written = want->external ? want->written : 0;
	live->external = want->external && live->written;
	live->owner = want->external && !live->written ? OWNER_FOREIGN : OWNER_OURS;
	return 0;
}

/* A link made elsewhere is released, not removed. */
static void release(struct object *live)
{
	object_link(live)->master = (struct ref){ 0 };
	memcpy(&object_link(live)->port, record_bridge_port.defaults, sizeof(struct bridge_port));
	live->owner = OWNER_FOREIGN;
	live->external = false;
	live->written = 0;
}

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	struct object *live;

	if (++ctx->steps == ctx->fail_at)
		return error_set(err, EIO, "injected failure");
	switch (change->op) {
	case CHANGE_CREATE:
		return create(ctx, change->want, err);
	case CHANGE_UPDATE:
		return update(ctx, change, err);
	case CHANGE_DELETE:
		live = model_find(ctx->live, change->have->class, change->have->place,
				  change->have->name);
		if (live && live->external)
			release(live);
		else if (live)
			delete (ctx, live);
		return 0;
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		live = model_find(ctx->live, change->have->class, change->have->place,
				  change->have->name);
		if (!live)
			return error_set(err, ENODEV, "%s: gone", change->have->name);
		live->owner = change->op == CHANGE_ADOPT ? OWNER_OURS : change->have->owner;
		return 0;
	}
	return 0;
}

static int apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		 size_t *done, struct error *err)
{
	int r;

	for (*done = 0; *done < n; (*done)++) {
		r = apply_one(ctx, changes[*done], err);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct backend backend_fake = {
	.name = "fake",
	.handles = handles,
	.observe = observe,
	.apply = apply,
};
