/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Creation is make, read back, complete: the link is made with what the kernel takes at creation, and what then
 * still differs is set. So nothing depends on which attributes a kernel honours at creation.
 */
#include "backends/rtnl/link_create.h"

#include "backends/mark.h"
#include "backends/rtnl/attr.h"
#include "backends/rtnl/link_hooks.h"
#include "backends/rtnl/link_ops.h"
#include "model/classes.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static bool is_bridge(const struct object *want)
{
	return !strcmp(object_link(want)->kind->name, "bridge");
}

/* Rows of the kind: numbers all, so that a kernel's own default does not matter; others where set. */
static uint64_t info_mask(const struct link *link)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; link->info && i < link->kind->record.n_fields; i++) {
		const struct field *field = &link->kind->record.fields[i];

		if (field_is_number(field)
			    ? !(field->flags & FIELD_LOOSE) || !field_is_unset(field, link->info)
			    : !field_is_unset(field, link->info))
			mask |= 1ULL << i;
	}
	return mask;
}

static void put_info(struct nl_msg *message, const struct link *link, uint32_t link_index)
{
	const struct link_hooks *hooks = link_hooks_find(link->kind);
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;
	uint64_t mask = info_mask(link);

	nla_put_string(message, IFLA_INFO_KIND,
		       link->kind->netlink_name ? link->kind->netlink_name : link->kind->name);
	data = nla_nest_start(message, IFLA_INFO_DATA);
	if (hooks && hooks->put)
		hooks->put(message, link, link_index, &mask);
	if (link->info)
		attr_put(message, &link->kind->record, link->info, mask, NULL);
	nla_nest_end(message, data);
	nla_nest_end(message, info);
}

static struct nl_msg *new_message(const struct backend_ctx *ctx, const struct object *want,
				  const char *name, uint32_t index, uint32_t link_index, int fd)
{
	const struct link *link = want->data;
	struct nl_msg *message = link_message_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, index);
	struct link_rows rows = link_rows(want);
	uint64_t mask = link->kind->no_mac ? 0 : rows.mac;

	if (link->mtu && !is_bridge(want))
		mask |= rows.mtu;
	nla_put_string(message, IFLA_IFNAME, name);
	nla_put_u32(message, IFLA_GROUP, ctx->scope->group);
	attr_put(message, &want->class->record, link, mask, NULL);
	if (link_index)
		nla_put_u32(message, IFLA_LINK, link_index);
	if (fd >= 0)
		nla_put_u32(message, IFLA_NET_NS_FD, (uint32_t)fd);
	put_info(message, link, link_index);
	return message;
}

/* Sends one attribute more about a link, which says where or what it shall be. */
static int send_change(struct backend_ctx *ctx, const char *place, uint32_t index, int attr,
		       const void *data, size_t size, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, index);

	nla_put(message, attr, (int)size, data);
	return link_send(ctx, place, message, err);
}

/*
 * A link of the host whose parent stands in a namespace. Made straight into the host it would stand there for a moment
 * with nothing but its group, which is no mark there. So it is made and marked beside its parent, under a name that
 * nobody has, and comes out whole; killed before it is renamed, it is one of ours that the next run removes.
 */
static int make_outward(struct backend_ctx *ctx, const struct object *want, const char *from,
			uint32_t link, struct error *err)
{
	uint32_t index = link_choose_index();
	const int fd = place_fd(ctx->places, want->place, err);
	struct nl_msg *messages[2];
	struct nl_sock *socket;
	struct error ignored;
	char name[IFNAMSIZ];
	int r = fd < 0 ? fd : place_socket(ctx->places, from, &socket, err);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "vnet%08x", index);
	messages[0] = new_message(ctx, want, name, index, link, -1);
	messages[1] = link_message_new(RTM_NEWLINK, 0, index);
	mark_put_alias(messages[1], ctx->scope, want->place, want->name);
	r = request_send(socket, messages, 2, err);
	nlmsg_free(messages[0]);
	nlmsg_free(messages[1]);
	if (r == 0)
		r = send_change(ctx, from, index, IFLA_NET_NS_FD, &fd, sizeof(fd), err);
	if (r < 0) {
		(void)!link_delete(ctx, from, index, &ignored);
		return r;
	}
	r = send_change(ctx, want->place, index, IFLA_IFNAME, want->name, strlen(want->name) + 1,
			err);
	if (r < 0)
		(void)!link_delete(ctx, want->place, index, &ignored);
	return r;
}

/* From the parent's place into the link's own: the parent's ifindex counts where the message is sent. */
static int make_generic(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	const struct ref parent = object_ref(want, &object_link(want)->link);
	const char *from = ref_is_set(&parent) ? parent.place : want->place;
	bool is_one_place = !strcmp(from, want->place);
	uint32_t index = link_choose_index(), link = 0;
	struct nl_msg *messages[2];
	struct nl_sock *socket;
	struct error ignored;
	int fd = -1, r;

	r = link_ref_index(ctx, want, &object_link(want)->link, &link, err);
	if (r < 0)
		return r;
	if (!is_one_place && !want->place[0])
		return make_outward(ctx, want, from, link, err);
	r = place_socket(ctx->places, from, &socket, err);
	if (r == 0 && !is_one_place)
		fd = r = place_fd(ctx->places, want->place, err);
	if (r < 0)
		return r;
	messages[0] = new_message(ctx, want, want->name, index, link, fd);
	messages[1] = link_message_new(RTM_NEWLINK, 0, index);
	mark_put_alias(messages[1], ctx->scope, want->place, want->name);
	r = request_send(socket, messages, is_one_place ? 2 : 1, err);
	if (r == 0 && !is_one_place)
		r = link_send(ctx, want->place, messages[1], err);
	if (r < 0) /* by the chosen index: a link of somebody else's it cannot hit */
		(void)!link_delete(ctx, want->place, index, &ignored);
	nlmsg_free(messages[0]);
	nlmsg_free(messages[1]);
	return r;
}

/* The kernel's words for a kind that it lacks name neither the kind nor what to do. */
static int explain_kind(const struct object *want, struct error *err)
{
	const char *kind = object_link(want)->kind->name;

	if (err->code == EOPNOTSUPP && strstr(err->text, "Unknown device type"))
		return error_set(err, EOPNOTSUPP,
				 "this kernel has no links of type %s: load its module, or use a "
				 "kernel that has it (kernel: Unknown device type)",
				 kind);
	return error_add_context(err, "create %s", kind);
}

static int make(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	const struct link_hooks *hooks = link_hooks_find(object_link(want)->kind);
	int r = hooks && hooks->create ? hooks->create(ctx, want, err)
				       : make_generic(ctx, want, err);

	return r < 0 ? explain_kind(want, err) : r;
}

/* What differs between want and the live link, fixed rows aside. */
static uint64_t missing_rows(struct backend_ctx *ctx, const struct object *want,
			     const struct link_message *message)
{
	struct arena *arena = arena_new();
	struct object live = *want;
	struct link_rows rows = link_rows(want);
	struct link *link = record_new(&want->class->record, arena);
	uint64_t mask = 0;

	link_message_fill(link, message, want->data, arena);
	link->link = object_link(want)->link;
	link->peer = object_link(want)->peer;
	link->master.name = link_name(ctx, want->place, message->master, arena);
	live.data = link;
	if (object_same_shape(want, &live))
		mask = object_diff(want, &live) & ~rows.fixed;
	arena_free(arena);
	return mask;
}

static int complete(struct backend_ctx *ctx, const struct object *want,
		    const struct link_message *message, bool is_new, struct error *err)
{
	uint64_t mask = missing_rows(ctx, want, message);
	struct link_rows rows = link_rows(want);
	int r = 0;

	if (!message->alias) {
		r = link_set_alias(ctx, want->place, want->name, message->index, err);
		if (r < 0)
			return error_add_context(err, "set alias");
	}
	if (message->group != ctx->scope->group)
		r = link_set_group(ctx, want->place, message->index, ctx->scope->group, err);
	if (r < 0)
		return error_add_context(err, "set group");
	if (is_new && is_bridge(want) && object_link(want)->mtu) {
		r = link_pin_mtu(ctx, want, message->index, err);
		if (r < 0)
			return error_add_context(err, "set mtu");
		mask &= ~rows.mtu;
	}
	return link_configure(ctx, want, message->index, mask, err);
}

static int check_existing(const struct backend_ctx *ctx, const struct object *want,
			  const struct link_message *message, struct error *err)
{
	if (!mark_is_ours(ctx->scope, message->group, message->alias, want->place[0] != 0))
		return error_set(err, EEXIST, "it exists and is not ours");
	if (link_message_kind(message) != object_link(want)->kind)
		return error_set(err, EEXIST, "it exists as %s",
				 message->kind ? message->kind : "a device");
	return 0;
}

int link_create(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message message;
	struct error ignored;
	int r = link_lookup(ctx, want->place, want->name, &answer, &message, err);

	if (r == 0) {
		r = check_existing(ctx, want, &message, err);
		return r < 0 ? r : complete(ctx, want, &message, false, err);
	}
	if (r != -ENODEV)
		return r;
	r = make(ctx, want, err);
	if (r < 0)
		return r;
	r = link_lookup(ctx, want->place, want->name, &answer, &message, err);
	if (r < 0)
		return r;
	r = complete(ctx, want, &message, true, err);
	if (r < 0)
		(void)!link_delete(ctx, want->place, message.index, &ignored);
	return r;
}
