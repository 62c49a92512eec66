/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One queue per end: the kernel makes one per processor, only to shrink them to one, which costs two grace periods.
 * The peer cannot be brought up here: it is configured before it is linked (veth_newlink() gives ENOTCONN).
 */
#include "backends/rtnl/veth.h"

#include "backends/mark.h"
#include "backends/rtnl/attr.h"
#include "backends/rtnl/link_ops.h"
#include "model/classes.h"

#include <errno.h>
#include <linux/veth.h>
#include <string.h>

struct end {
	const char *place, *name;
	const struct object *object; /* NULL: nobody describes it */
	uint32_t index;
};

/* A plan is undone with objects of the live model. */
static const struct model *home_of(const struct backend_ctx *ctx, const struct object *object)
{
	if (ctx->want &&
	    model_find(ctx->want, object->class, object->place, object->name) == object)
		return ctx->want;
	return ctx->have;
}

static void put_end(struct nl_msg *message, const struct backend_ctx *ctx, const struct end *end)
{
	nla_put_string(message, IFLA_IFNAME, end->name);
	nla_put_u32(message, IFLA_GROUP, ctx->scope->group);
	nla_put_u32(message, IFLA_NUM_TX_QUEUES, 1);
	nla_put_u32(message, IFLA_NUM_RX_QUEUES, 1);
	if (end->object) {
		struct link_rows rows = link_rows(end->object);
		uint64_t mask = rows.mac;

		if (object_link(end->object)->mtu)
			mask |= rows.mtu;
		attr_put(message, &end->object->class->record, end->object->data, mask, NULL);
	}
}

/* The message stands in `near`'s place. */
static struct nl_msg *pair_message(const struct backend_ctx *ctx, const struct end *near,
				   const struct end *far, int far_fd)
{
	const struct ifinfomsg header = { .ifi_index = (int)far->index };
	struct nl_msg *message =
		link_message_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, near->index);
	struct nlattr *info, *data, *peer;

	put_end(message, ctx, near);
	info = nla_nest_start(message, IFLA_LINKINFO);
	nla_put_string(message, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(message, IFLA_INFO_DATA);
	peer = nla_nest_start(message, VETH_INFO_PEER);
	nlmsg_append(message, (void *)(uintptr_t)&header, sizeof(header), NLMSG_ALIGNTO);
	put_end(message, ctx, far);
	if (strcmp(near->place, far->place) != 0)
		nla_put_u32(message, IFLA_NET_NS_FD, (uint32_t)far_fd);
	nla_nest_end(message, peer);
	nla_nest_end(message, data);
	nla_nest_end(message, info);
	return message;
}

static struct nl_msg *alias_message(const struct backend_ctx *ctx, const struct end *end)
{
	struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, end->index);

	mark_put_alias(message, ctx->scope, end->place, end->name);
	return message;
}

static int make_pair(struct backend_ctx *ctx, const struct end *near, const struct end *far,
		     struct error *err)
{
	bool is_one_place = !strcmp(near->place, far->place);
	struct nl_msg *messages[3] = { NULL };
	struct error ignored;
	struct nl_sock *socket;
	int fd = place_fd(ctx->places, far->place, err), r;
	size_t i;

	if (fd < 0)
		return fd;
	r = place_socket(ctx->places, near->place, &socket, err);
	if (r < 0)
		return r;
	messages[0] = pair_message(ctx, near, far, fd);
	messages[1] = alias_message(ctx, near);
	messages[2] = alias_message(ctx, far);
	r = request_send(socket, messages, is_one_place ? 3 : 2, err);
	if (r == 0 && !is_one_place)
		r = link_send(ctx, far->place, messages[2], err);
	if (r < 0) /* by the chosen index: a link of somebody else's it cannot hit */
		(void)!link_delete(ctx, near->place, near->index, &ignored);
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		nlmsg_free(messages[i]);
	return r;
}

/*
 * The message goes to the host if an end stands there: there group and alias must both be right from the start,
 * while inside our namespaces the group is enough.
 */
int veth_create(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	const struct ref peer = object_ref(want, &object_link(want)->peer);
	struct end one = { .place = want->place, .name = want->name, .object = want };
	struct end other = { .place = peer.place, .name = peer.name };

	if (!ref_is_set(&peer))
		return error_set(err, EINVAL, "its peer is unknown");
	one.index = link_choose_index();
	do
		other.index = link_choose_index();
	while (other.index == one.index);
	other.object = model_find(home_of(ctx, want), want->class, peer.place, peer.name);
	if (one.place[0] && !other.place[0])
		return make_pair(ctx, &other, &one, err);
	return make_pair(ctx, &one, &other, err);
}
