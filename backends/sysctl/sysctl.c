/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend of class sysctl. A value exists whether anybody wants it or not, and several topologies may want the same
 * one: each holds it by a line in its undo record (record.h). The record is written before the value. The last holder
 * to let go puts the original back, unless somebody else changed the value meanwhile.
 */
#include "backends/backends.h"
#include "backends/place.h"
#include "backends/sysctl/record.h"
#include "backends/sysctl/value.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/sysctl.h"
#include "model/text.h"

#include <errno.h>
#include <string.h>

struct backend_ctx {
	const struct scope *scope;
	struct places *places;
	struct arena *arena;	      /* of the records */
	struct undo_record **records; /* as they are on disk */
	size_t n_records;
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
	ctx->scope = options->scope;
	ctx->places = options->places;
	ctx->arena = arena_new();
	*ret = ctx;
	return 0;
}

static void sysctl_close(struct backend_ctx *ctx)
{
	if (!ctx)
		return;
	arena_free(ctx->arena);
	free(ctx);
}

static int load_records(struct backend_ctx *ctx, struct error *err)
{
	int r = ctx->loaded ? 0 : records_load(&ctx->records, &ctx->n_records, ctx->arena, err);

	ctx->loaded = r >= 0;
	return r;
}

static void forget_record(struct backend_ctx *ctx, const struct undo_record *record)
{
	size_t i;

	for (i = 0; i < ctx->n_records && ctx->records[i] != record; i++)
		;
	if (i < ctx->n_records)
		ctx->records[i] = ctx->records[--ctx->n_records];
}

/* An interface's keys go with it; another one of that name has new ones. The thread is in the record's place. */
static bool record_is_present(const struct undo_record *record)
{
	return record->ifindex == value_ifindex(record->path);
}

/* NULL: there is none, of now or of the past. */
static struct undo_record *find_record(const struct backend_ctx *ctx, uint64_t cookie,
				       const char *path)
{
	size_t i;

	for (i = 0; i < ctx->n_records; i++)
		if (ctx->records[i]->cookie == cookie && strcmp(ctx->records[i]->path, path) == 0 &&
		    record_is_present(ctx->records[i]))
			return ctx->records[i];
	return NULL;
}

/* ---- observe ---- */

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
	record = find_record(ctx, cookie, path);
	record = record && record_is_present(record) ? record : NULL;
	sysctl = object->data;
	sysctl->value = arena_strdup(model_arena(have), text_get(&value));
	sysctl->held = !record || record_owner(record, ctx->scope->topology);
	object->owner = record && sysctl->held ? OWNER_OURS : OWNER_FOREIGN;
	return 0;
}

static int observe_wanted(struct backend_ctx *ctx, const struct object *wanted, struct model *have,
			  struct error *err)
{
	const char *path = sysctl_path(ctx->arena, wanted->name);
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

	if (model_find(want, &class_sysctl, place, name_of_path(ctx->arena, path)))
		return true;
	MODEL_FOR_EACH (object, want, i)
		if (object->class == &class_sysctl && strcmp(object->place, place) == 0 &&
		    strcmp(sysctl_path(ctx->arena, object->name), path) == 0)
			return true;
	return false;
}

/* What we hold and the file no longer wants. A record of a namespace of the past is none. */
static int observe_record(struct backend_ctx *ctx, const struct undo_record *record,
			  const struct model *want, struct model *have, struct error *err)
{
	uint64_t cookie;
	int r;

	if (!record_owner(record, ctx->scope->topology) ||
	    is_wanted(ctx, want, record->place, record->path))
		return 0;
	r = place_enter(ctx->places, record->place, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = record_cookie(&cookie, err);
	if (r >= 0 && cookie == record->cookie && record_is_present(record))
		r = observe_key(ctx, record->place, name_of_path(ctx->arena, record->path),
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
	for (i = 0; r >= 0 && i < ctx->n_records; i++)
		r = observe_record(ctx, ctx->records[i], want, have, err);
	return r < 0 ? r : 0;
}

/* ---- apply: the thread is in the place ---- */

/* A look at the keys of all interfaces, which follow the one that the record is of. */
struct survey {
	const struct undo_record *record;
	struct undo_record *ret; /* gets the values that differ from the record's original */
	struct arena *arena;
};

static int note_before(void *data, const char *path, struct error *err)
{
	struct survey *survey = data;
	AUTO_TEXT struct text value = { 0 };
	int r = value_read(path, &value, err);

	if (r >= 0 && strcmp(text_get(&value), survey->record->original) != 0)
		record_add_spread(survey->ret, path, text_get(&value), survey->arena);
	return r == -ENOENT ? 0 : r; /* an interface that has just gone */
}

static const char *spread_original(const struct undo_record *record, const char *path)
{
	size_t i;

	for (i = 0; i < record->n_spread; i++)
		if (strcmp(record->spread[i].name, path) == 0)
			return record->spread[i].value;
	return record->original;
}

/* What the key was before another one of ours, which is recorded too, was spread over it. */
static const char *original_value(const struct backend_ctx *ctx, uint64_t cookie, const char *path,
				  const char *current)
{
	size_t i;

	for (i = 0; i < ctx->n_records; i++)
		if (ctx->records[i]->cookie == cookie &&
		    strcmp(ctx->records[i]->written, current) == 0 &&
		    value_is_spread(ctx->records[i]->path, path))
			return spread_original(ctx->records[i], path);
	return current;
}

static int new_record(struct backend_ctx *ctx, uint64_t cookie, const char *place, const char *path,
		      const char *current, struct undo_record **ret, struct error *err)
{
	struct undo_record *record = ARENA_NEW(ctx->arena, struct undo_record);
	struct survey survey = { record, record, ctx->arena };

	record->cookie = cookie;
	record->place = arena_strdup(ctx->arena, place);
	record->path = path;
	record->ifindex = value_ifindex(path);
	record->original = arena_strdup(ctx->arena, original_value(ctx, cookie, path, current));
	record->written = record->original;
	*ret = record;
	return value_each_spread(path, note_before, &survey, err);
}

static void keep_record(struct backend_ctx *ctx, struct undo_record *record)
{
	struct undo_record **more =
		arena_alloc(ctx->arena, (ctx->n_records + 1) * sizeof(struct undo_record *));

	if (ctx->n_records)
		memcpy(more, ctx->records, ctx->n_records * sizeof(struct undo_record *));
	more[ctx->n_records++] = record;
	ctx->records = more;
}

/* An interface that no longer has what we wrote was set by somebody else: it keeps its value. */
static int note_after(void *data, const char *path, struct error *err)
{
	struct survey *survey = data;
	const struct undo_record *record = survey->record;
	AUTO_TEXT struct text value = { 0 };
	const char *wanted = text_get(&value);
	int r = value_read(path, &value, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	wanted = text_get(&value);
	if (strcmp(wanted, record->written) == 0)
		wanted = spread_original(record, path);
	if (strcmp(wanted, record->original) != 0)
		record_add_spread(survey->ret, path, wanted, survey->arena);
	return 0;
}

/* The original, and with it what the first write overwrote. */
static int restore(struct backend_ctx *ctx, const struct undo_record *record, struct error *err)
{
	struct undo_record interfaces = { 0 };
	struct survey survey = { record, &interfaces, ctx->arena };
	size_t i;
	int r = value_each_spread(record->path, note_after, &survey, err);

	if (r >= 0)
		r = value_write(record->path, record->original, err);
	for (i = 0; r >= 0 && i < interfaces.n_spread; i++) {
		r = value_write(interfaces.spread[i].name, interfaces.spread[i].value, err);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

/* The value of the holder that is left, or the original; nothing where somebody else changed it. */
static int let_go(struct backend_ctx *ctx, struct undo_record *record, struct error *err)
{
	const char *topology = ctx->scope->topology;
	AUTO_TEXT struct text current = { 0 };
	bool unchanged;
	int r = value_read(record->path, &current, err);

	if (r < 0 && r != -ENOENT)
		return r;
	unchanged = r == 0 && strcmp(text_get(&current), record->written) == 0;
	r = 0;
	if (record->n_owners > 1) {
		record_remove_owner(record, topology);
		if (unchanged)
			record->written = record->owners[record->n_owners - 1].value;
		r = record_save(record, err);
		if (r >= 0 && unchanged && strcmp(text_get(&current), record->written) != 0)
			r = value_write(record->path, record->written, err);
		return r;
	}
	if (unchanged && strcmp(text_get(&current), record->original) != 0)
		r = restore(ctx, record, err);
	if (r >= 0)
		r = record_remove(record, err);
	if (r >= 0)
		forget_record(ctx, record);
	return r;
}

static int release(struct backend_ctx *ctx, const char *path, struct error *err)
{
	struct undo_record *record;
	uint64_t cookie;
	int r = record_cookie(&cookie, err);

	if (r < 0)
		return r;
	record = find_record(ctx, cookie, path);
	if (!record || !record_owner(record, ctx->scope->topology))
		return 0;
	if (record_is_present(record))
		return let_go(ctx, record, err);
	r = record_remove(record, err);
	if (r >= 0)
		forget_record(ctx, record);
	return r;
}

/* The kernel may take another value than it was given; then the next run would find a difference again. */
static int write_checked(const char *path, const char *value, const char *current,
			 struct error *err)
{
	AUTO_TEXT struct text after = { 0 };
	struct error ignored;
	int r = value_write(path, value, err);

	if (r >= 0)
		r = value_read(path, &after, err);
	if (r < 0 || strcmp(text_get(&after), value) == 0)
		return r;
	(void)value_write(path, current, &ignored);
	return error_set(err, EINVAL, "the kernel makes '%s' of '%s'", text_get(&after), value);
}

static int hold(struct backend_ctx *ctx, const char *place, const char *path, const char *value,
		struct error *err)
{
	AUTO_TEXT struct text current = { 0 };
	struct undo_record *record, before;
	struct error ignored;
	uint64_t cookie;
	bool is_new;
	int r = value_read(path, &current, err);

	if (r >= 0)
		r = record_cookie(&cookie, err);
	if (r < 0)
		return r;
	record = find_record(ctx, cookie, path);
	if (record && !record_is_present(record)) {
		forget_record(ctx, record);
		record = NULL;
	}
	is_new = !record;
	if (is_new)
		r = new_record(ctx, cookie, place, path, text_get(&current), &record, err);
	if (r < 0)
		return r;
	before = *record;
	before.owners = arena_memdup(ctx->arena, record->owners,
				     record->n_owners * sizeof(*record->owners));
	record_add_owner(record, ctx->scope->topology, value, ctx->arena);
	record->written = arena_strdup(ctx->arena, value);
	r = record_save(record, err);
	if (r >= 0 && strcmp(text_get(&current), value) != 0)
		r = write_checked(path, value, text_get(&current), err);
	if (r >= 0) {
		if (is_new)
			keep_record(ctx, record);
		return 0;
	}
	*record = before;
	(void)(is_new ? record_remove(record, &ignored) : record_save(record, &ignored));
	return r;
}

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *object = change->want ? change->want : change->have;
	const char *path = sysctl_path(ctx->arena, object->name);
	int r = place_enter(ctx->places, object->place, err);

	if (r < 0)
		return r == -ENOENT && change->op == CHANGE_DELETE ? 0 : r;
	if (change->op == CHANGE_DELETE)
		r = release(ctx, path, err);
	else
		r = hold(ctx, object->place, path,
			 ((const struct sysctl *)change->want->data)->value, err);
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
	    !record_owner(record, ctx->scope->topology))
		return false;
	r = place_enter(ctx->places, record->place, &ignored);
	if (r < 0)
		return r == -ENOENT;
	stale = record_cookie(&cookie, &ignored) == 0 &&
		(cookie != record->cookie || !record_is_present(record));
	place_leave(ctx->places);
	return stale;
}

static void remove_stale(struct backend_ctx *ctx)
{
	struct error ignored;
	size_t i = 0;

	while (i < ctx->n_records) {
		const struct undo_record *record = ctx->records[i];

		if (is_stale(ctx, record) && record_remove(record, &ignored) == 0)
			forget_record(ctx, record);
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

const struct backend backend_sysctl = {
	.name = "sysctl",
	.handles = sysctl_handles,
	.open = sysctl_open,
	.observe = sysctl_observe,
	.apply = sysctl_apply,
	.close = sysctl_close,
};
