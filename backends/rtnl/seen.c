/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which namespace an id means costs a request for each candidate. A namespace's links mostly reach into the host, so the
 * host is asked for first; and the host's ids follow from the veths of the namespaces, which name the host's end
 * as the host names theirs.
 */
#include "backends/rtnl/seen.h"

#include "model/classes.h"

#include <linux/net_namespace.h>
#include <stdlib.h>
#include <string.h>

static int compare_links(const void *a, const void *b)
{
	const struct seen_link *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static void take_links(struct seen_place *place, struct arena *arena)
{
	const struct nlmsghdr *message;
	struct link_message link;
	size_t room = 0;

	ANSWER_FOR_EACH(message, &place->answer)
	room++;
	place->links = arena_alloc(arena, (room + 1) * sizeof(struct seen_link));
	ANSWER_FOR_EACH(message, &place->answer)
	if (link_message_parse(&link, message))
		place->links[place->n++] = (struct seen_link){ .index = link.index,
							       .link = link.link,
							       .is_elsewhere = link.is_elsewhere,
							       .nsid = link.nsid,
							       .name = link.name,
							       .message = message };
	qsort(place->links, place->n, sizeof(struct seen_link), compare_links);
}

static int read_place(struct seen *seen, const char *name, struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct seen_place *place = &seen->places[seen->n];
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETLINK, 0, &header, sizeof(header));
	int r = place_socket(seen->ctx->places, name, &place->socket, err);

	if (r < 0)
		return r;
	seen->n++;
	place->name = name;
	nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = request_dump(place->socket, request, &place->answer, err);
	if (r < 0)
		return error_add_context(err, "links of %s", name[0] ? name : "the host");
	take_links(place, seen->arena);
	return 0;
}

static bool is_looked_into(const struct backend_ctx *ctx, const struct object *object)
{
	if (object->class != &class_netns)
		return false;
	return object->owner == OWNER_OURS ||
	       (ctx->adopts && !object->holder &&
		model_find(ctx->want, &class_netns, "", object->name));
}

int seen_read(struct seen *ret, struct backend_ctx *ctx, const struct model *have,
	      struct error *err)
{
	const struct object *object;
	size_t i;
	int r;

	*ret = (struct seen){ .ctx = ctx, .arena = arena_new() };
	ret->places = arena_alloc(ret->arena, (model_count(have) + 1) * sizeof(struct seen_place));
	r = read_place(ret, "", err);
	for (i = 0; r == 0 && i < model_count(have); i++) {
		object = model_at(have, i);
		if (!is_looked_into(ctx, object))
			continue;
		r = read_place(ret, object->name, err);
		if (r == 0)
			ret->places[ret->n - 1].is_ours = object->owner == OWNER_OURS;
	}
	return r;
}

void seen_free(struct seen *seen)
{
	size_t i;

	for (i = 0; i < seen->n; i++)
		answer_free(&seen->places[i].answer);
	arena_free(seen->arena);
}

const struct seen_link *seen_find(const struct seen_place *place, uint32_t index)
{
	const struct seen_link key = { .index = index };

	if (!place->n)
		return NULL;
	return bsearch(&key, place->links, place->n, sizeof(key), compare_links);
}

/* ---- ids of namespaces ---- */

static void note_nsid(struct seen *seen, struct seen_place *place, int32_t nsid,
		      struct seen_place *other)
{
	if (!place->nsids)
		place->nsids = arena_alloc(seen->arena, (seen->n + 1) * sizeof(struct seen_nsid));
	if (place->n_nsids < seen->n)
		place->nsids[place->n_nsids++] = (struct seen_nsid){ .nsid = nsid, .place = other };
}

static struct seen_place *known_nsid(const struct seen_place *place, int32_t nsid)
{
	size_t i;

	for (i = 0; i < place->n_nsids; i++)
		if (place->nsids[i].nsid == nsid)
			return place->nsids[i].place;
	return NULL;
}

/* What `place` calls `other`; -1: nothing, they were never connected. */
static int32_t ask_nsid(struct seen *seen, const struct seen_place *place,
			const struct seen_place *other)
{
	const struct rtgenmsg header = { .rtgen_family = AF_UNSPEC };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETNSID, 0, &header, sizeof(header));
	const struct nlattr *table[NETNSA_MAX + 1];
	AUTO_ANSWER struct answer answer = { 0 };
	struct error err;
	int fd = place_fd(seen->ctx->places, other->name, &err);

	if (fd < 0)
		return -1;
	nla_put_u32(request, NETNSA_FD, (uint32_t)fd);
	if (request_get(place->socket, request, &answer, &err) < 0 ||
	    !message_parse(answer_next(&answer, NULL), sizeof(header), table, NETNSA_MAX) ||
	    !table[NETNSA_NSID])
		return -1;
	return (int32_t)attr_u32(table[NETNSA_NSID]);
}

static void ask_and_note(struct seen *seen, struct seen_place *place, struct seen_place *other)
{
	int32_t nsid = ask_nsid(seen, place, other);

	if (nsid >= 0 && !known_nsid(place, nsid))
		note_nsid(seen, place, nsid, other);
}

/* From `other`'s veths to the place: where both ends name each other, the place's id of `other` is in its end. */
static void learn_from(struct seen *seen, struct seen_place *place, struct seen_place *other)
{
	size_t i;

	for (i = 0; i < other->n; i++) {
		const struct seen_link *link = &other->links[i], *far;

		if (!link->is_elsewhere || known_nsid(other, link->nsid) != place)
			continue;
		far = seen_find(place, link->link);
		if (far && far->is_elsewhere && far->link == link->index &&
		    !known_nsid(place, far->nsid))
			note_nsid(seen, place, far->nsid, other);
	}
}

static void learn_host(struct seen *seen)
{
	struct seen_place *host = &seen->places[0];
	size_t i, j;

	for (i = 1; i < seen->n; i++) {
		for (j = 0; j < seen->places[i].n; j++)
			if (seen->places[i].links[j].is_elsewhere)
				break;
		if (j < seen->places[i].n && !seen->places[i].n_nsids)
			ask_and_note(seen, &seen->places[i], host);
		learn_from(seen, host, &seen->places[i]);
	}
}

static struct seen_place *place_of_nsid(struct seen *seen, struct seen_place *place, int32_t nsid)
{
	struct seen_place *found = known_nsid(place, nsid);
	size_t i;

	if (found || place->has_all_nsids)
		return found;
	if (place == &seen->places[0])
		learn_host(seen);
	else if (!place->n_nsids)
		ask_and_note(seen, place, &seen->places[0]);
	found = known_nsid(place, nsid);
	if (found)
		return found;
	for (i = 0; i < seen->n; i++)
		if (&seen->places[i] != place)
			ask_and_note(seen, place, &seen->places[i]);
	place->has_all_nsids = true;
	return known_nsid(place, nsid);
}

const struct seen_link *seen_far_end(struct seen *seen, struct seen_place *place,
				     const struct seen_link *link, struct seen_place **ret)
{
	*ret = place;
	if (!link->link)
		return NULL;
	if (link->is_elsewhere) {
		*ret = place_of_nsid(seen, place, link->nsid);
		if (!*ret)
			return NULL;
	}
	return seen_find(*ret, link->link);
}

bool seen_is_ours(const struct backend_ctx *ctx, const struct seen_place *place, uint8_t protocol)
{
	return protocol && protocol == ctx->scope->protocol && (!place->name[0] || place->is_ours);
}

const char *seen_holder(const struct backend_ctx *ctx, const struct object *object,
			uint8_t protocol)
{
	if (object->owner != OWNER_FOREIGN)
		return NULL;
	return protocol && protocol == ctx->scope->protocol ? ctx->scope->topology
							    : scope_holder(ctx->scope, protocol);
}
