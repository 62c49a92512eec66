/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel changes the number of an address, and of a route, when it is sent once more with NLM_F_REPLACE. What the
 * message lacks would become the default, so it repeats all that the kernel tells.
 */
#include "backends/rtnl/adopt.h"

#include "backends/former.h"
#include "backends/rtnl/address.h"
#include "backends/rtnl/link_ops.h"
#include "backends/rtnl/route_message.h"
#include "model/classes.h"
#include "model/text.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

static int gone(const struct object *object, struct error *err)
{
	return error_set(err, ENOENT, "it is no longer there: %s", object->name);
}

static int dump_of(struct backend_ctx *ctx, const struct object *object, struct nl_msg *request,
		   struct nl_sock **socket, struct answer *ret, struct error *err)
{
	int r = place_socket(ctx->places, object->place, socket, err);

	return r < 0 ? r : request_dump(*socket, request, ret, err);
}

/* ---- addresses ---- */

static struct nl_msg *address_again(const struct nlmsghdr *live, uint8_t protocol)
{
	static const uint16_t kept[] = { IFA_LOCAL, IFA_ADDRESS,   IFA_BROADCAST,
					 IFA_FLAGS, IFA_CACHEINFO, IFA_RT_PRIORITY };
	const struct ifaddrmsg *header = message_header(live);
	struct nl_msg *message = request_new(RTM_NEWADDR, NLM_F_REPLACE, header, sizeof(*header));
	const struct nlattr *table[IFA_MAX + 1];
	size_t i;

	(void)message_parse(live, sizeof(*header), table, IFA_MAX);
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (table[kept[i]])
			nla_put(message, kept[i], nla_len(table[kept[i]]),
				nla_data(table[kept[i]]));
	nla_put_u8(message, IFA_PROTO, protocol);
	return message;
}

/* A peer is no row of an address here: apply could not remove such an address, nor make it anew. */
static bool has_peer(const struct nlmsghdr *live)
{
	const struct nlattr *table[IFA_MAX + 1];

	return message_parse(live, sizeof(struct ifaddrmsg), table, IFA_MAX) && table[IFA_LOCAL] &&
	       table[IFA_ADDRESS] &&
	       (nla_len(table[IFA_LOCAL]) != nla_len(table[IFA_ADDRESS]) ||
		memcmp(nla_data(table[IFA_LOCAL]), nla_data(table[IFA_ADDRESS]),
		       (size_t)nla_len(table[IFA_LOCAL])) != 0);
}

static const struct nlmsghdr *find_address(const struct answer *answer,
					   const struct address *address, uint32_t index,
					   uint8_t *protocol)
{
	const struct nlmsghdr *message;
	struct address_message found;

	ANSWER_FOR_EACH(message, answer)
	if (address_message_parse(&found, message) && found.index == index &&
	    addr_equal(&found.address, &address->address)) {
		*protocol = found.protocol;
		return message;
	}
	return NULL;
}

static int set_address(struct backend_ctx *ctx, const struct object *have, uint8_t protocol,
		       uint8_t *former, struct error *err)
{
	const struct address *address = have->data;
	const struct ifaddrmsg header = { .ifa_family = address->address.family };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETADDR, 0, &header, sizeof(header));
	AUTO_MESSAGE struct nl_msg *message = NULL;
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *live;
	struct nl_sock *socket = NULL;
	uint32_t index;
	int r = link_ref_index(ctx, have, &address->interface, &index, err);

	if (r == 0)
		r = dump_of(ctx, have, request, &socket, &answer, err);
	if (r < 0)
		return r;
	live = find_address(&answer, address, index, former);
	if (!live)
		return gone(have, err);
	if (has_peer(live))
		return error_set(err, EINVAL,
				 "it has a peer, which no address in a file can have: remove it");
	message = address_again(live, protocol);
	return request_send_one(socket, message, err);
}

/* ---- routes ---- */

/* What else the kernel tells of a route with a nexthop object comes from that. */
static bool is_kept(uint16_t type, bool has_nexthop)
{
	switch (type) {
	case RTA_CACHEINFO: /* counters, and what becomes RTA_EXPIRES */
	case RTA_UID:
		return false;
	case RTA_OIF:
	case RTA_GATEWAY:
	case RTA_VIA:
	case RTA_MULTIPATH:
	case RTA_ENCAP:
	case RTA_ENCAP_TYPE:
		return !has_nexthop;
	default: /* of the kernel's numbers, not ours */
		return true;
	}
}

/* The kernel takes no hop with the flags that tell how it fares. */
static void clear_states(struct nlattr *multipath)
{
	char *at = nla_data(multipath);
	size_t left = (size_t)nla_len(multipath);

	while (left >= sizeof(struct rtnexthop)) {
		struct rtnexthop *hop = (void *)at;
		size_t size = NLMSG_ALIGN((size_t)hop->rtnh_len);

		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left)
			return;
		hop->rtnh_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
		at += size;
		left = size < left ? left - size : 0;
	}
}

static void put_lifetime(struct nl_msg *message, const struct nlattr *cacheinfo)
{
	struct rta_cacheinfo info;
	long ticks = sysconf(_SC_CLK_TCK);

	if (!cacheinfo || nla_len(cacheinfo) < (int)sizeof(info) || ticks <= 0)
		return;
	memcpy(&info, nla_data(cacheinfo), sizeof(info));
	if (info.rta_expires)
		nla_put_u32(message, RTA_EXPIRES,
			    (uint32_t)((uint32_t)info.rta_expires / (unsigned long)ticks));
}

static struct nl_msg *route_again(const struct nlmsghdr *live, uint8_t protocol)
{
	struct rtmsg header = *(const struct rtmsg *)message_header(live);
	const struct nlattr *table[RTA_MAX + 1];
	struct nl_msg *message;
	uint16_t i;

	header.rtm_protocol = protocol;
	header.rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
	message = request_new(RTM_NEWROUTE, NLM_F_REPLACE, &header, sizeof(header));
	(void)message_parse(live, sizeof(header), table, RTA_MAX);
	for (i = 1; i <= RTA_MAX; i++) {
		struct nlattr *attr;

		if (!table[i] || !is_kept(i, table[RTA_NH_ID] != NULL))
			continue;
		attr = nla_reserve(message, nla_type(table[i]), nla_len(table[i]));
		memcpy(nla_data(attr), nla_data(table[i]), (size_t)nla_len(table[i]));
		if (i == RTA_MULTIPATH)
			clear_states(attr);
	}
	if (header.rtm_family == AF_INET6)
		put_lifetime(message, table[RTA_CACHEINFO]);
	return message;
}

static struct ref any_ref(void *data, uint32_t index)
{
	(void)data;
	(void)index;
	return (struct ref){ .name = "?" }; /* only the key is looked at */
}

/* The first of its key, as the routing does, that is not the kernel's own. */
static const struct nlmsghdr *find_route(const struct answer *answer, const char *name,
					 struct arena *arena, uint8_t *protocol)
{
	const struct attr_names names = { .ref = any_ref };
	const struct nlmsghdr *message;
	struct route route;

	ANSWER_FOR_EACH(message, answer)
	if (route_message_parse(&route, protocol, message, &names, arena) &&
	    !strcmp(route_name(arena, &route), name))
		return message;
	return NULL;
}

static int set_route(struct backend_ctx *ctx, const struct object *have, uint8_t protocol,
		     uint8_t *former, struct error *err)
{
	const struct route *route = have->data;
	const struct rtmsg header = { .rtm_family = route->to.family };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETROUTE, 0, &header, sizeof(header));
	AUTO_MESSAGE struct nl_msg *message = NULL;
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *live;
	struct nl_sock *socket;
	struct arena *arena;
	int r;

	nla_put_u32(request, RTA_TABLE, route->table);
	r = dump_of(ctx, have, request, &socket, &answer, err);
	if (r < 0)
		return r;
	arena = arena_new();
	live = find_route(&answer, have->name, arena, former);
	arena_free(arena);
	if (!live)
		return gone(have, err);
	message = route_again(live, protocol);
	return request_send_one(socket, message, err);
}

/* ---- all ---- */

static int adopt_link(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *have = change->have;
	struct nl_sock *socket;
	int r = place_socket(ctx->places, have->place, &socket, err);

	return r < 0 ? r
		     : former_exchange(&ctx->former, socket, ctx->scope, change, have->place,
				       have->name, err);
}

typedef int set_protocol(struct backend_ctx *ctx, const struct object *have, uint8_t protocol,
			 uint8_t *former, struct error *err);

static int exchange(struct backend_ctx *ctx, const struct change *change, set_protocol *set,
		    struct error *err)
{
	struct former *former = former_get(&ctx->former, change->have);
	uint8_t number;
	int r;

	if (change->op == CHANGE_ADOPT)
		return set(ctx, change->have, ctx->scope->protocol, &former->protocol, err);
	r = set(ctx, change->have, former->protocol, &number, err);
	return r == -ENOENT || r == -ENODEV || r == -ESRCH ? 0 : r; /* it went meanwhile */
}

int rtnl_adopt(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *have = change->have;
	AUTO_TEXT struct text path = { 0 };
	int r;

	if (have->class == &class_link)
		r = adopt_link(ctx, change, err);
	else
		r = exchange(ctx, change, have->class == &class_address ? set_address : set_route,
			     err);
	if (r == 0)
		return 0;
	error_add_context(err, change->op == CHANGE_ADOPT ? "mark" : "take the mark back");
	object_path(have, &path);
	return error_add_context(err, "%s %s", have->class->name, text_get(&path));
}
