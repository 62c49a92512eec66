/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/route.h"

#include "backends/rtnl/link_ops.h"
#include "backends/rtnl/route_message.h"
#include "model/classes.h"
#include "model/text.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* ---- observe ---- */

struct observing {
	struct backend_ctx *ctx;
	const struct seen_place *place;
	struct model *have;
};

static struct ref seen_ref(void *data, uint32_t index)
{
	const struct observing *observing = data;
	const struct seen_link *link = seen_find(observing->place, index);

	return (struct ref){ .name = link ? arena_strdup(model_arena(observing->have), link->name)
					  : NULL };
}

/* A wanted next hop may leave out the interface that the kernel found for it. */
static void forget_interfaces(struct route *route, const struct route *want)
{
	size_t i, j;

	for (i = 0; i < route->nexthops.n; i++) {
		struct nexthop *hop = list_item(&route->nexthops, &record_nexthop, i);

		for (j = 0; j < want->nexthops.n; j++) {
			const struct nexthop *other =
				list_item(&want->nexthops, &record_nexthop, j);

			if (!ref_is_set(&other->interface) && addr_equal(&other->via, &hop->via))
				hop->interface = (struct ref){ 0 };
		}
	}
}

/* Where two spellings mean the same to the kernel, the wanted one, else the shorter one. */
static void follow_want(struct route *route, const struct object *object)
{
	const struct route *want = object ? object->data : NULL;

	if (route->to.family == AF_INET6 && route->metric == ROUTE_METRIC_IPV6 &&
	    (!want || !want->metric))
		route->metric = 0;
	if (!want)
		return;
	if (route->to.family == AF_INET6)
		route->scope = want->scope; /* IPv6 has none */
	forget_interfaces(route, want);
}

static void observe_one(struct observing *observing, const struct nlmsghdr *message)
{
	const struct attr_names names = { .data = observing, .ref = seen_ref };
	const struct backend_ctx *ctx = observing->ctx;
	struct arena *arena = model_arena(observing->have);
	const char *place = observing->place->name, *name;
	struct object *object;
	struct route route;
	uint8_t protocol;

	if (!route_message_parse(&route, &protocol, message, &names, arena))
		return;
	name = route_name(arena, &route);
	object = model_add(observing->have, &class_route, place, name);
	if (!object)
		return;
	follow_want(&route, model_find(ctx->want, &class_route, place, name));
	*(struct route *)object->data = route;
	object->owner = seen_is_ours(ctx, observing->place, protocol)	     ? OWNER_OURS
			: protocol == RTPROT_KERNEL || protocol == RTPROT_RA ? OWNER_KERNEL
									     : OWNER_FOREIGN;
	object->holder = seen_holder(ctx, object, protocol);
}

/* A kernel without IPv6, or a table that is not there, has no routes. */
static int dump(struct observing *observing, uint8_t family, uint8_t protocol, uint32_t table,
		struct error *err)
{
	const struct rtmsg header = { .rtm_family = family, .rtm_protocol = protocol };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETROUTE, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	int r;

	if (table)
		nla_put_u32(request, RTA_TABLE, table);
	r = request_dump(observing->place->socket, request, &answer, err);
	if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return error_add_context(err, "routes of %s",
					 observing->place->name[0] ? observing->place->name
								   : "the host");
	ANSWER_FOR_EACH(message, &answer)
	observe_one(observing, message);
	return 0;
}

static int observe_place(struct observing *observing, struct error *err)
{
	uint8_t ours = observing->ctx->scope->protocol;
	int r = 0;

	if (ours)
		r = dump(observing, AF_UNSPEC, ours, 0, err);
	if (r == 0 && observing->ctx->all)
		r = dump(observing, AF_UNSPEC, RTPROT_UNSPEC, RT_TABLE_MAIN, err);
	return r;
}

/* What stands in the way of a wanted route that is not there. */
static int look_for_wanted(struct observing *observing, const struct seen *seen,
			   const struct object *want, struct error *err)
{
	const struct route *route = want->data;
	size_t i;

	if (want->class != &class_route ||
	    model_find(observing->have, &class_route, want->place, want->name))
		return 0;
	for (i = 0; i < seen->n && strcmp(seen->places[i].name, want->place) != 0; i++)
		;
	if (i == seen->n)
		return 0; /* its namespace is yet to be made */
	observing->place = &seen->places[i];
	return dump(observing, route->to.family, RTPROT_UNSPEC, route->table, err);
}

int route_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have, struct error *err)
{
	struct observing observing = { .ctx = ctx, .have = have };
	size_t i;
	int r = 0;

	for (i = 0; i < seen->n && r == 0; i++) {
		observing.place = &seen->places[i];
		r = observe_place(&observing, err);
	}
	for (i = 0; i < model_count(ctx->want) && r == 0; i++)
		r = look_for_wanted(&observing, seen, model_at(ctx->want, i), err);
	return r;
}

/* ---- apply ---- */

struct resolving {
	struct backend_ctx *ctx;
	const struct object *object;
	struct error err; /* of the first ref that is not there */
};

static uint32_t live_index(void *data, const struct ref *ref)
{
	struct resolving *resolving = data;
	struct error err;
	uint32_t index;

	if (link_ref_index(resolving->ctx, resolving->object, ref, &index, &err) == 0)
		return index;
	if (!resolving->err.code)
		resolving->err = err;
	return 0;
}

static int send_route(struct backend_ctx *ctx, const struct object *object, uint16_t type,
		      int flags, struct error *err)
{
	struct resolving resolving = { .ctx = ctx, .object = object, .err = { .code = 0 } };
	const struct attr_names names = { .data = &resolving, .index = live_index };
	AUTO_MESSAGE struct nl_msg *message = NULL;
	int r = route_message_new(&message, type, flags, object->data, ctx->scope->protocol, &names,
				  err);

	if (r < 0)
		return r;
	if (resolving.err.code) {
		*err = resolving.err;
		return -err->code;
	}
	return link_send(ctx, object->place, message, err);
}

static struct ref no_ref(void *data, uint32_t index)
{
	(void)data;
	(void)index;
	return (struct ref){ .name = "?" }; /* any: only the key is looked at */
}

/* Whether a route with the same key is there with our protocol number. */
static bool is_there(struct backend_ctx *ctx, const struct object *want)
{
	const struct route *wanted = want->data;
	const struct rtmsg header = { .rtm_family = wanted->to.family,
				      .rtm_protocol = ctx->scope->protocol };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETROUTE, 0, &header, sizeof(header));
	const struct attr_names names = { .ref = no_ref };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	struct arena *arena = arena_new();
	struct nl_sock *socket;
	struct error err;
	bool found = false;

	if (place_socket(ctx->places, want->place, &socket, &err) == 0 &&
	    request_dump(socket, request, &answer, &err) == 0)
		ANSWER_FOR_EACH(message, &answer)
		{
			struct route route;
			uint8_t protocol;

			found = found ||
				(route_message_parse(&route, &protocol, message, &names, arena) &&
				 protocol == ctx->scope->protocol &&
				 !strcmp(route_name(arena, &route), want->name));
		}
	arena_free(arena);
	return found;
}

static int create(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	int r = send_route(ctx, want, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, err);

	if (r != -EEXIST)
		return r;
	if (!is_there(ctx, want))
		return error_set(err, EEXIST,
				 "a route with this destination and metric exists "
				 "and is not ours");
	return send_route(ctx, want, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, err);
}

/* With our protocol number, which the kernel compares: another's route it does not delete. */
static int delete (struct backend_ctx *ctx, const struct object *have, struct error *err)
{
	int r = send_route(ctx, have, RTM_DELROUTE, 0, err);

	return r == -ESRCH || r == -ENODEV || r == -ENOENT || r == -ENETDOWN ? 0 : r;
}

static int apply_one(struct backend_ctx *ctx, enum change_op op, const struct object *object,
		     struct error *err)
{
	int r = 0;

	switch (op) {
	case CHANGE_CREATE:
		r = create(ctx, object, err);
		return r < 0 ? error_add_context(err, "add") : 0;
	case CHANGE_UPDATE:
		r = send_route(ctx, object, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, err);
		return r < 0 ? error_add_context(err, "change") : 0;
	case CHANGE_DELETE:
		r = delete (ctx, object, err);
		return r < 0 ? error_add_context(err, "remove") : 0;
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		break; /* adopt.c's */
	}
	return r;
}

int route_apply(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *object = change->op == CHANGE_DELETE ? change->have : change->want;
	AUTO_TEXT struct text path = { 0 };
	int r = apply_one(ctx, change->op, object, err);

	if (r == 0)
		return 0;
	object_path(object, &path);
	return error_add_context(err, "route %s", text_get(&path));
}
