/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/link.h"

#include "backends/mark.h"
#include "backends/rtnl/external.h"
#include "backends/rtnl/link_create.h"
#include "backends/rtnl/link_local.h"
#include "backends/rtnl/link_ops.h"
#include "backends/rtnl/port_cost.h"
#include "model/text.h"

#include <errno.h>
#include <string.h>

static int add_path(struct error *err, const struct object *object)
{
	AUTO_TEXT struct text path = { 0 };

	object_path(object, &path);
	return error_add_context(err, "link %s", text_get(&path));
}

/* ---- foreign links ---- */

/* lo of a namespace needs no record: it goes with the namespace. */
static bool has_record(const struct object *object)
{
	return !object->place[0] || strcmp(object->name, "lo") != 0;
}

/* The link as it is, in arena. */
static struct object live_object(struct backend_ctx *ctx, const struct object *like,
				 const struct link_message *message, struct arena *arena)
{
	struct link *link = record_new(&like->class->record, arena);
	struct object live = *like;

	link_message_fill(link, message, NULL, arena);
	link->master.name = link_name(ctx, like->place, message->master, arena);
	live.data = link;
	return live;
}

/* Of ROWS those that can be set: what was no port when it was noted had no cost, so it gets the kernel's, if that is known. */
static uint64_t fill_cost(struct backend_ctx *ctx, struct object *port, uint64_t rows)
{
	struct link *link = object_link(port);
	struct nl_sock *socket;
	struct error ignored;

	if (!(rows & link_rows(port).path_cost) || link->port.path_cost)
		return rows;
	if (place_socket(ctx->places, port->place, &socket, &ignored) == 0)
		link->port.path_cost = port_cost_of_kernel(link, socket, port->name);
	return link->port.path_cost ? rows : rows & ~link_rows(port).path_cost;
}

/*
 * What somebody else changed since stays. BRIDGE: it stays a port of that one; NULL: the master is what it was, too. One
 * that is gone is none.
 */
static int restore(struct backend_ctx *ctx, struct external *record, const struct ref *bridge,
		   const struct link_message *message, uint64_t rows, struct arena *arena,
		   struct error *err)
{
	const struct object live = live_object(ctx, &record->object, message, arena);
	struct object before = record->object;
	struct link link = *object_link(&before);
	uint64_t back = rows & external_unchanged(record, &live);
	struct error ignored;
	uint32_t master;
	int r;

	before.data = &link;
	if (bridge)
		link.master = *bridge;
	else if (link.master.name &&
		 link_ref_index(ctx, &before, &link.master, &master, &ignored) < 0)
		link.master = (struct ref){ 0 };
	r = link_configure(ctx, &before, message->index, fill_cost(ctx, &before, back), err);
	if (r < 0)
		return error_add_context(err, "put back what it was");
	record->rows &= ~rows;
	return external_save(record, ctx->scope, err);
}

static int live_values(struct backend_ctx *ctx, const struct object *want,
		       const struct link_message *message, struct external *record, uint64_t rows,
		       struct arena *arena, struct error *err)
{
	const struct object live = live_object(ctx, want, message, arena);

	external_note(record, &live, want, rows, arena);
	record->index = message->index;
	return external_save(record, ctx->scope, err);
}

/* Sets `rows`, after it is recorded what those `noted` were. */
static int set_external(struct backend_ctx *ctx, const struct object *want, uint64_t rows,
			uint64_t noted, const struct link_message *message, struct external *record,
			struct arena *arena, struct error *err)
{
	int r = 0;

	if (noted && has_record(want))
		r = live_values(ctx, want, message, record, noted, arena, err);
	return r < 0 ? r : link_configure(ctx, want, message->index, rows, err);
}

/* With a master come the rows of a port. What the kernel gave those is known once it is one, if it was none. */
static int set_written(struct backend_ctx *ctx, const struct object *want, uint64_t rows,
		       struct link_message *message, struct answer *later, struct external *record,
		       struct arena *arena, struct error *err)
{
	uint64_t port = rows & link_rows(want).port, later_noted = message->master ? 0 : port;
	int r = set_external(ctx, want, rows & ~port, rows & ~later_noted, message, record, arena,
			     err);

	if (r < 0 || !port)
		return r;
	r = link_lookup(ctx, want->place, want->name, later, message, err);
	return r < 0 ? r : set_external(ctx, want, port, later_noted, message, record, arena, err);
}

/*
 * Rows that the file writes are set, after what they were is recorded; rows that it writes no longer are put back.
 */
static int change_external(struct backend_ctx *ctx, const struct object *want, uint64_t rows,
			   struct arena *arena, struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 }, later = { 0 };
	struct link_message message;
	struct external record = { .rows = 0 };
	const struct ref *master = &object_link(want)->master;
	uint64_t back;
	int r = link_lookup(ctx, want->place, want->name, &answer, &message, err);

	if (r == -ENODEV)
		return error_set(err, ENODEV, "it does not exist");
	if (r == 0)
		r = external_load(&record, ctx->scope, want->place, want->name, message.index,
				  arena, err);
	if (r < 0)
		return r;
	if (rows & link_rows(want).master)
		rows |= link_rows(want).port;
	back = rows & ~want->written & record.rows;
	r = set_written(ctx, want, rows & want->written, &message, &later, &record, arena, err);
	if (r < 0 || !back)
		return r;
	return restore(ctx, &record, ref_is_set(master) ? master : NULL, &message, back, arena,
		       err);
}

static int apply_external(struct backend_ctx *ctx, const struct object *want, uint64_t rows,
			  struct error *err)
{
	struct arena *arena = arena_new();
	int r = change_external(ctx, want, rows, arena, err);

	arena_free(arena);
	return r;
}

static int release_in(struct backend_ctx *ctx, const struct object *have, struct arena *arena,
		      struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message message;
	struct external record;
	int r = external_load(&record, ctx->scope, have->place, have->name, 0, arena, err);

	if (r < 0 || !record.rows)
		return r;
	r = link_lookup(ctx, have->place, have->name, &answer, &message, err);
	if (r == 0 && record.index && record.index != message.index)
		r = -ENODEV;
	if (r == 0)
		return restore(ctx, &record, NULL, &message, record.rows, arena, err);
	if (r != -ENODEV && r != -ENOENT)
		return r;
	record.rows = 0; /* the link is gone, and what it was with it */
	return external_save(&record, ctx->scope, err);
}

static int release(struct backend_ctx *ctx, const struct object *have, struct error *err)
{
	struct arena *arena = arena_new();
	int r = release_in(ctx, have, arena, err);

	arena_free(arena);
	return r;
}

/* ---- ours ---- */

/* An update of a foreign link undone: want is what it was when nothing of it was recorded. */
static bool is_undone(const struct change *change)
{
	return change->have && change->have->external && !change->want->external;
}

/*
 * When a parent's MTU sinks, the kernel cuts its children's (macvlan_device_event()), and does not give it back when
 * the parent's rises again. Undoing must: then want is an object of the live model, and so are the children.
 */
static int give_back_mtus(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	const struct object *child;
	uint32_t index;
	size_t i;
	int r = 0;

	if (!ctx->have || model_find(ctx->have, want->class, want->place, want->name) != want)
		return 0;
	for (i = 0; r == 0 && i < model_count(ctx->have); i++) {
		child = model_at(ctx->have, i);
		if (child->class != want->class || child->owner != OWNER_OURS ||
		    model_find_ref(ctx->have, child, &object_link(child)->link) != want)
			continue;
		r = link_index(ctx, child->place, child->name, &index, err);
		if (r == 0)
			r = link_configure(ctx, child, index, link_rows(child).mtu, err);
		if (r == -ENODEV || r == -ENOENT)
			r = 0; /* its own undoing makes it again */
	}
	return r;
}

/* Of a link that may be up. */
static int change_rows(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		       uint64_t rows, struct error *err)
{
	int r = link_configure(ctx, want, index, rows, err);

	return r == 0 && rows & link_rows(want).autoconf ? link_local_follow(ctx, want, index, err)
							 : r;
}

/* Others may have put theirs in its place since it was read. */
static int find_ours(struct backend_ctx *ctx, const struct object *object, uint32_t *ret,
		     struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message message;
	int r = link_lookup(ctx, object->place, object->name, &answer, &message, err);

	if (r < 0)
		return r;
	if (!mark_is_ours(ctx->scope, message.group, message.alias, object->place[0] != 0))
		return error_set(err, EEXIST, "it is not ours any more");
	*ret = message.index;
	return 0;
}

static int update(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	struct error ignored;
	uint32_t index = 0;
	int r;

	if (is_undone(change))
		return release(ctx, change->have, err);
	r = find_ours(ctx, change->want, &index, err);
	if (r < 0)
		return r;
	r = change_rows(ctx, change->want, index, change->fields, err);
	if (r < 0 && change->have)
		(void)!change_rows(ctx, change->have, index, change->fields, &ignored);
	if (r == 0 && change->fields & link_rows(change->want).mtu)
		r = give_back_mtus(ctx, change->want, err);
	return r;
}

int link_apply(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *want = change->want;
	struct error ignored;
	int r;

	if (want->external) {
		bool is_update = change->op == CHANGE_UPDATE;

		r = apply_external(ctx, want, is_update ? change->fields : want->written, err);
		if (r < 0 && is_update)
			(void)!(change->have->external ? apply_external(ctx, change->have,
									change->fields, &ignored)
						       : release(ctx, want, &ignored));
	} else if (change->op == CHANGE_CREATE) {
		r = link_create(ctx, want, err);
	} else {
		r = update(ctx, change, err);
	}
	return r < 0 ? add_path(err, want) : r;
}

/* ---- deletion ---- */

/* Only what still bears our mark; *index 0: nothing to delete. */
static int find_doomed(struct backend_ctx *ctx, const struct object *have, uint32_t *index,
		       struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message message;
	int r = link_lookup(ctx, have->place, have->name, &answer, &message, err);

	*index = 0;
	if (r == -ENODEV || r == -ENOENT || r == -EEXIST)
		return 0; /* gone, or its namespace is, or the name is another one's by now */
	if (r == 0 && message.kind &&
	    mark_is_ours(ctx->scope, message.group, message.alias, have->place[0] != 0))
		*index = message.index;
	return r;
}

static int delete_one(struct backend_ctx *ctx, const struct object *have, struct error *err)
{
	struct error ignored;
	uint32_t index;
	int r;

	if (have->external) {
		r = release(ctx, have, err);
		if (r < 0)
			(void)!apply_external(ctx, have, have->written, &ignored);
		return r;
	}
	r = find_doomed(ctx, have, &index, err);
	return r < 0 || !index ? r : link_delete(ctx, have->place, index, err);
}

static int delete_trash(struct backend_ctx *ctx, const char *place, struct error *err)
{
	struct nl_sock *socket;
	int r = place_socket(ctx->places, place, &socket, err);

	return r < 0 ? r : mark_delete_trash(socket, ctx->scope, place[0] != 0, err);
}

/* Back out of the trash: what was not deleted is as it was. */
static void take_back(struct backend_ctx *ctx, const struct change *const *changes, size_t n)
{
	struct error ignored;
	uint32_t index;
	size_t i;

	for (i = 0; i < n; i++)
		if (find_doomed(ctx, changes[i]->have, &index, &ignored) == 0 && index)
			(void)!link_set_group(ctx, changes[i]->have->place, index,
					      ctx->scope->group, &ignored);
}

/* n of one place, none external. What was moved to the trash group keeps its alias, and is ours there too. */
static int delete_group(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
			struct error *err)
{
	const char *place = changes[0]->have->place;
	bool has_trash = false;
	uint32_t index;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		r = find_doomed(ctx, changes[i]->have, &index, err);
		if (r == 0 && index) {
			r = link_set_group(ctx, place, index, mark_trash_group(ctx->scope), err);
			has_trash = true;
		}
		if (r == -ENODEV)
			r = 0;
	}
	if (r == 0 && has_trash)
		r = delete_trash(ctx, place, err);
	if (r < 0)
		take_back(ctx, changes, n);
	return r;
}

static size_t group_length(const struct change *const *changes, size_t n)
{
	size_t length = 0;

	while (length < n && !changes[length]->have->external &&
	       !strcmp(changes[length]->have->place, changes[0]->have->place))
		length++;
	return length;
}

int link_delete_all(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		    size_t *done, struct error *err)
{
	size_t i = 0, length;
	int r = 0;

	while (i < n && r == 0) {
		length = group_length(&changes[i], n - i);
		if (length > 1) {
			r = delete_group(ctx, &changes[i], length, err);
		} else {
			length = 1;
			r = delete_one(ctx, changes[i]->have, err);
		}
		if (r < 0) {
			error_add_context(err, "delete");
			return add_path(err, changes[i]->have);
		}
		i += length;
		*done += length;
	}
	return 0;
}
