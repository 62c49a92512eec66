/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend of class sysctl. A value exists whether anybody wants it or not, and several topologies may want the same
 * one: each holds it by a line in its undo record (record.h). The record is written before the value. The last holder
 * to let go puts the original back, unless somebody else changed the value meanwhile.
 */
#include "backends/backends.h"
#include "backends/place.h"
#include "backends/sysctl/hold.h"
#include "backends/sysctl/value.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/sysctl.h"
#include "model/text.h"

#include <errno.h>
#include <string.h>

struct backend_ctx {
	struct places *places;
	struct holdings holdings;
	bool loaded, tidied;
};

static bool sysctl_handles(const struct class *class)
{
	return class == &class_sysctl;
}

static int sysctl_open(struct backend_ctx **ret, const struct backend_options *options,
		       struct error *err)
{
	struct backend_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	ctx->holdings.topology = options->scope->topology;
	ctx->places = options->places;
	ctx->holdings.arena = arena_new();
	*ret = ctx;
	return 0;
}

static void sysctl_close(struct backend_ctx *ctx)
{
	if (!ctx)
		return;
	arena_free(ctx->holdings.arena);
	free(ctx);
}

static int load_records(struct backend_ctx *ctx, struct error *err)
{
	int r = ctx->loaded ? 0
			    : records_load(&ctx->holdings.records, &ctx->holdings.n,
					   ctx->holdings.arena, err);

	ctx->loaded = r >= 0;
	return r;
}

/* ---- observe ---- */

static bool is_accept_ra(const char *path)
{
	const char *last = strrchr(path, '/');

	return last && !strcmp(last, "/accept_ra");
}

/* Adds the key of the place that the thread is in. */
static int observe_key(struct backend_ctx *ctx, const char *place, const char *name,
		       const char *path, struct model *have, struct error *err)
{
	AUTO_TEXT struct text value = { 0 };
	const struct undo_record *record;
	struct sysctl *sysctl;
	struct object *object;
	uint64_t cookie;
	int r = value_read(path, &value, err);

	if (r == -ENOENT) /* perhaps of a link that is still to be made; apply says if not */
		return 0;
	if (r >= 0)
		r = record_cookie(&cookie, err);
	if (r < 0)
		return r;
	object = model_add(have, &class_sysctl, place, name);
	if (!object)
		return 0;
	record = holdings_find(&ctx->holdings, cookie, path);
	record = record && holdings_is_present(record) ? record : NULL;
	sysctl = object->data;
	sysctl->value = arena_strdup(model_arena(have), text_get(&value));
	sysctl->early = is_accept_ra(path);
	sysctl->changed = record && strcmp(record->original, sysctl->value) != 0;
	sysctl->held = !record || record_owner(record, ctx->holdings.topology);
	object->owner = record && sysctl->held ? OWNER_OURS : OWNER_FOREIGN;
	return 0;
}

static int observe_wanted(struct backend_ctx *ctx, const struct object *wanted, struct model *have,
			  struct error *err)
{
	const char *path = sysctl_path(ctx->holdings.arena, wanted->name);
	int r = place_enter(ctx->places, wanted->place, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = observe_key(ctx, wanted->place, wanted->name, path, have, err);
	place_leave(ctx->places);
	return r < 0 ? error_add_context(err, "%s/%s", wanted->place[0] ? wanted->place : "host",
					 wanted->name)
		     : 0;
}

/* Dots between words, unless a word has one itself: then sysctl's other form. */
static const char *name_of_path(struct arena *arena, const char *path)
{
	char *name = arena_strdup(arena, path), *c;

	if (strchr(path, '.'))
		return name;
	for (c = name; *c; c++)
		if (*c == '/')
			*c = '.';
	return name;
}

/* Whether the file wants the key, however it spells it: then it was observed by that name. */
static bool is_wanted(struct backend_ctx *ctx, const struct model *want, const char *place,
		      const char *path)
{
	const struct object *object;
	size_t i;

	if (model_find(want, &class_sysctl, place, name_of_path(ctx->holdings.arena, path)))
		return true;
	MODEL_FOR_EACH (object, want, i)
		if (object->class == &class_sysctl && strcmp(object->place, place) == 0 &&
		    strcmp(sysctl_path(ctx->holdings.arena, object->name), path) == 0)
			return true;
	return false;
}

/* What we hold and the file no longer wants. A record of a namespace of the past is none. */
static int observe_record(struct backend_ctx *ctx, const struct undo_record *record,
			  const struct model *want, struct model *have, struct error *err)
{
	uint64_t cookie;
	int r;

	if (!record_owner(record, ctx->holdings.topology) ||
	    is_wanted(ctx, want, record->place, record->path))
		return 0;
	r = place_enter(ctx->places, record->place, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = record_cookie(&cookie, err);
	if (r >= 0 && cookie == record->cookie && holdings_is_present(record))
		r = observe_key(ctx, record->place, name_of_path(ctx->holdings.arena, record->path),
				record->path, have, err);
	place_leave(ctx->places);
	return r;
}

static int sysctl_observe(struct backend_ctx *ctx, const struct model *want, struct model *have,
			  struct error *err)
{
	const struct object *object;
	size_t i;
	int r = load_records(ctx, err);

	MODEL_FOR_EACH (object, want, i) {
		if (r < 0)
			break;
		if (object->class == &class_sysctl)
			r = observe_wanted(ctx, object, have, err);
	}
	for (i = 0; r >= 0 && i < ctx->holdings.n; i++)
		r = observe_record(ctx, ctx->holdings.records[i], want, have, err);
	return r < 0 ? r : 0;
}

/* ---- apply ---- */

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *object = change->want ? change->want : change->have;
	const char *path = sysctl_path(ctx->holdings.arena, object->name);
	const struct sysctl *wanted = change->want ? change->want->data : NULL;
	const struct sysctl *have = change->have ? change->have->data : NULL;
	int r = place_enter(ctx->places, object->place, err);

	if (r < 0)
		return r == -ENOENT && !wanted ? 0 : r;
	if (wanted)
		r = holdings_hold(&ctx->holdings, object->place, path, wanted->value, err);
	else
		r = holdings_release(&ctx->holdings, path, have && have->stays, err);
	place_leave(ctx->places);
	return r;
}

/* Whether a record of ours alone is of a namespace that is gone, or of an interface that is. */
static bool is_stale(struct backend_ctx *ctx, const struct undo_record *record)
{
	struct error ignored;
	uint64_t cookie;
	bool stale;
	int r;

	if (record->n_owners != 1 || !record->place[0] ||
	    !record_owner(record, ctx->holdings.topology))
		return false;
	r = place_enter(ctx->places, record->place, &ignored);
	if (r < 0)
		return r == -ENOENT;
	stale = record_cookie(&cookie, &ignored) == 0 &&
		(cookie != record->cookie || !holdings_is_present(record));
	place_leave(ctx->places);
	return stale;
}

static void remove_stale(struct backend_ctx *ctx)
{
	struct error ignored;
	size_t i = 0;

	while (i < ctx->holdings.n) {
		const struct undo_record *record = ctx->holdings.records[i];

		if (is_stale(ctx, record) && record_remove(record, &ignored) == 0)
			holdings_forget(&ctx->holdings, record);
		else
			i++;
	}
}

static int sysctl_apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
			size_t *done, struct error *err)
{
	int r;

	*done = 0;
	r = load_records(ctx, err);
	if (r < 0)
		return r;
	if (!ctx->tidied)
		remove_stale(ctx);
	ctx->tidied = true;
	for (; *done < n; ++*done) {
		const struct object *object =
			changes[*done]->want ? changes[*done]->want : changes[*done]->have;

		r = apply_one(ctx, changes[*done], err);
		if (r < 0)
			return error_add_context(err, "%s/%s",
						 object->place[0] ? object->place : "host",
						 object->name);
	}
	return 0;
}

static int sysctl_mend(struct backend_ctx *ctx, struct error *err)
{
	(void)ctx;
	return records_mend(err);
}

const struct backend backend_sysctl = {
	.name = "sysctl",
	.handles = sysctl_handles,
	.open = sysctl_open,
	.observe = sysctl_observe,
	.mend = sysctl_mend,
	.apply = sysctl_apply,
	.close = sysctl_close,
};
