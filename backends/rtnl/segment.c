/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/segment.h"

#include "backends/place.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/link.h"

#include <fcntl.h>
#include <string.h>

static const struct object *find(const struct backend_ctx *ctx, const struct object *object,
				 const struct ref *ref)
{
	const struct object *link = ctx->want ? model_find_ref(ctx->want, object, ref) : NULL;

	return !link && ctx->have ? model_find_ref(ctx->have, object, ref) : link;
}

/* The bridge that the link is, or is a port of, or is wired to; NULL: none. */
static const struct object *bridge_of(const struct backend_ctx *ctx, const struct object *object)
{
	const struct link *link = object->data;
	const struct object *peer;

	if (link->type && !strcmp(link->type, "bridge"))
		return object;
	if (ref_is_set(&link->master))
		return find(ctx, object, &link->master);
	peer = find(ctx, object, &link->peer);
	return peer && ref_is_set(&object_link(peer)->master)
		       ? find(ctx, peer, &object_link(peer)->master)
		       : NULL;
}

static bool has_foreign_port(const struct backend_ctx *ctx, const struct object *bridge)
{
	const struct object *object;
	size_t i;

	if (bridge->external)
		return true;
	if (!ctx->want || !ctx->has_foreign_ports)
		return false;
	MODEL_FOR_EACH (object, ctx->want, i) {
		if (object->class == &class_link && object->external &&
		    find(ctx, object, &object_link(object)->master) == bridge)
			return true;
	}
	return false;
}

static bool is_ours(const struct backend_ctx *ctx, const struct object *link)
{
	static const char *const kinds[] = { "veth", "bridge", "tap", "tun" };
	const char *type = object_link(link)->type;
	const struct object *bridge;
	size_t i;

	if (link->external || link->owner != OWNER_OURS)
		return !strcmp(link->name, "lo");
	for (i = 0; type && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(type, kinds[i]))
			break;
	if (!type || i == ARRAY_SIZE(kinds))
		return false;
	bridge = bridge_of(ctx, link);
	return !bridge || !has_foreign_port(ctx, bridge);
}

bool segment_is_ours(const struct backend_ctx *ctx, const struct object *object,
		     const struct ref *ref)
{
	const struct object *link = find(ctx, object, ref);

	return link ? is_ours(ctx, link) : !strcmp(ref->name, "lo");
}

/* conf.all.accept_dad, 0 unless somebody set it, would still have it detected (addrconf_dad_begin of net/ipv6). */
void segment_skip_dad(struct backend_ctx *ctx, const struct object *link)
{
	AUTO_CLOSE int fd = -1;
	struct error ignored;
	char path[128];

	if (!object_link(link)->autoconf || !is_ours(ctx, link) || !strcmp(link->name, "lo") ||
	    place_enter(ctx->places, link->place, &ignored) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_dad", link->name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	place_leave(ctx->places);
	if (fd >= 0)
		(void)!write(fd, "0", 1);
}
