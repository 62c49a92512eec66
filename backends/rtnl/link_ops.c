/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/link_ops.h"

#include "backends/mark.h"
#include "backends/rtnl/attr.h"
#include "backends/rtnl/link_hooks.h"
#include "backends/rtnl/segment.h"
#include "model/classes.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#ifndef IN6_ADDR_GEN_MODE_NONE
#define IN6_ADDR_GEN_MODE_EUI64 0
#define IN6_ADDR_GEN_MODE_NONE	1
#endif

#define ETHERNET_MTU 1500

struct link_rows link_rows(const struct object *object)
{
	const struct link *link = object->data;
	struct link_rows rows = { 0 };
	const struct field *field;
	void *data;
	size_t i;

	for (i = 0; object_field(object, i, &field, &data); i++) {
		const void *member = field_member_const(field, data);
		uint64_t bit = 1ULL << i;

		if (field->flags & FIELD_RECREATE)
			rows.fixed |= bit;
		if (member == &link->port.path_cost)
			rows.path_cost = bit;
		if (data == &link->port)
			rows.port |= bit;
		else if (data != link)
			rows.info |= bit;
		else if (member == &link->link)
			rows.link = bit;
		else if (member == &link->peer)
			rows.peer = bit;
		else if (member == &link->master)
			rows.master = bit;
		else if (member == &link->macaddress)
			rows.mac = bit;
		else if (member == &link->mtu)
			rows.mtu = bit;
		else if (member == &link->up)
			rows.up = bit;
		else if (member == &link->autoconf)
			rows.autoconf = bit;
	}
	return rows;
}

struct nl_msg *link_message_new(uint16_t type, int flags, uint32_t index)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };

	return request_new(type, flags, &header, sizeof(header));
}

int link_send(struct backend_ctx *ctx, const char *place, struct nl_msg *message, struct error *err)
{
	struct nl_sock *socket;
	int r = place_socket(ctx->places, place, &socket, err);

	return r < 0 ? r : request_send_one(socket, message, err);
}

static int get_link(struct backend_ctx *ctx, const char *place, struct nl_msg *request,
		    struct answer *answer, struct link_message *message, struct error *err)
{
	struct nl_sock *socket;
	int r = place_socket(ctx->places, place, &socket, err);

	if (r < 0)
		return r;
	nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = request_get(socket, request, answer, err);
	if (r == 0 && !link_message_parse(message, answer_next(answer, NULL)))
		return error_set(err, EBADMSG, "the kernel's answer makes no sense");
	return r;
}

int link_lookup(struct backend_ctx *ctx, const char *place, const char *name, struct answer *answer,
		struct link_message *message, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *request = link_message_new(RTM_GETLINK, 0, 0);
	int r;

	nla_put_string(request, IFLA_IFNAME, name);
	r = get_link(ctx, place, request, answer, message, err);
	/* The kernel looks among alternative names, too: that is another link, and the name is taken. */
	if (r == 0 && strcmp(message->name, name) != 0)
		return error_set(err, EEXIST, "the name is another one of link %s", message->name);
	return r;
}

int link_index(struct backend_ctx *ctx, const char *place, const char *name, uint32_t *ret,
	       struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message message;
	int r = link_lookup(ctx, place, name, &answer, &message, err);

	if (r == -ENODEV)
		return error_set(err, ENODEV, "there is no link %s/%s", place[0] ? place : "host",
				 name);
	if (r == 0)
		*ret = message.index;
	return r;
}

int link_ref_index(struct backend_ctx *ctx, const struct object *object, const struct ref *ref,
		   uint32_t *ret, struct error *err)
{
	struct ref full = object_ref(object, ref);

	*ret = 0;
	return full.name ? link_index(ctx, full.place, full.name, ret, err) : 0;
}

const char *link_name(struct backend_ctx *ctx, const char *place, uint32_t index,
		      struct arena *arena)
{
	AUTO_MESSAGE struct nl_msg *request = link_message_new(RTM_GETLINK, 0, index);
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message message;
	struct error err;

	if (!index || get_link(ctx, place, request, &answer, &message, &err) != 0)
		return NULL;
	return arena_strdup(arena, message.name);
}

uint32_t link_choose_index(void)
{
	uint32_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort(); /* cannot fail for so few bytes, see getrandom(2) */
	return 0x40000000U | (random & 0x3fffffffU);
}

int link_set_alias(struct backend_ctx *ctx, const char *place, const char *name, uint32_t index,
		   struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, index);

	mark_put_alias(message, ctx->scope, place, name);
	return link_send(ctx, place, message, err);
}

int link_set_group(struct backend_ctx *ctx, const char *place, uint32_t index, uint32_t group,
		   struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, index);

	nla_put_u32(message, IFLA_GROUP, group);
	return link_send(ctx, place, message, err);
}

int link_delete(struct backend_ctx *ctx, const char *place, uint32_t index, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_DELLINK, 0, index);
	int r = link_send(ctx, place, message, err);

	return r == -ENODEV ? 0 : r;
}

/* ---- values ---- */

static int set_up(struct backend_ctx *ctx, const char *place, uint32_t index, bool up,
		  struct error *err)
{
	const struct ifinfomsg header = { .ifi_index = (int)index,
					  .ifi_flags = up ? IFF_UP : 0,
					  .ifi_change = IFF_UP };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_NEWLINK, 0, &header, sizeof(header));

	return link_send(ctx, place, message, err);
}

/* A link without IPv6 (MTU under 1280, IPv6 off in the kernel) generates no address: nothing to set. */
static int set_autoconf(struct backend_ctx *ctx, const struct object *want, uint32_t index,
			struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, index);
	struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *family = nla_nest_start(message, AF_INET6);
	int r;

	nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE,
		   object_link(want)->autoconf ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(message, family);
	nla_nest_end(message, spec);
	r = link_send(ctx, want->place, message, err);
	return r == -EAFNOSUPPORT ? 0 : r;
}

/* MAC, MTU: the rows of every link that one message sets as they are. */
static int set_rows(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		    uint64_t mask, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, index);

	attr_put(message, &want->class->record, want->data, mask, NULL);
	return link_send(ctx, want->place, message, err);
}

/* Some drivers change it only while the link is down. */
static int set_mac(struct backend_ctx *ctx, const struct object *want, uint32_t index, uint64_t bit,
		   struct error *err)
{
	struct error ignored;
	int r = set_rows(ctx, want, index, bit, err);

	if (r != -EBUSY)
		return r;
	r = set_up(ctx, want->place, index, false, err);
	if (r < 0)
		return r;
	r = set_rows(ctx, want, index, bit, err);
	if (set_up(ctx, want->place, index, true, r < 0 ? &ignored : err) < 0 && r == 0)
		return -err->code;
	return r;
}

int link_pin_mtu(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		 struct error *err)
{
	struct object other = *want;
	struct link link = *object_link(want);
	struct link_rows rows = link_rows(want);
	int r;

	link.mtu = link.mtu == ETHERNET_MTU ? link.mtu + 1 : ETHERNET_MTU;
	other.data = &link;
	r = set_rows(ctx, &other, index, rows.mtu, err);
	return r < 0 ? r : set_rows(ctx, want, index, rows.mtu, err);
}

static int set_master(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		      struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, index);
	uint32_t master;
	int r = link_ref_index(ctx, want, &object_link(want)->master, &master, err);

	if (r < 0)
		return r;
	nla_put_u32(message, IFLA_MASTER, master);
	return link_send(ctx, want->place, message, err);
}

static int set_port(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		    uint64_t mask, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, index);
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

	nla_put_string(message, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nla_nest_start(message, IFLA_INFO_SLAVE_DATA);
	attr_put(message, &record_bridge_port, &object_link(want)->port, mask, NULL);
	nla_nest_end(message, data);
	nla_nest_end(message, info);
	return link_send(ctx, want->place, message, err);
}

static int set_kind_rows(struct backend_ctx *ctx, const struct object *want, uint32_t index,
			 uint64_t mask, struct error *err)
{
	const struct link *link = want->data;
	const struct link_hooks *hooks = link_hooks_find(link->kind);
	AUTO_MESSAGE struct nl_msg *message = NULL;
	struct nlattr *info, *data;

	message = link_message_new(RTM_NEWLINK, 0, index);
	info = nla_nest_start(message, IFLA_LINKINFO);
	nla_put_string(message, IFLA_INFO_KIND,
		       link->kind->netlink_name ? link->kind->netlink_name : link->kind->name);
	data = nla_nest_start(message, IFLA_INFO_DATA);
	if (hooks && hooks->put)
		hooks->put(message, link, 0, &mask);
	attr_put(message, &link->kind->record, link->info, mask, NULL);
	nla_nest_end(message, data);
	nla_nest_end(message, info);
	return link_send(ctx, want->place, message, err);
}

/* The bit of the kind's switch that is to be off before all else; 0: none is. */
static uint64_t off_first(const struct link *link, const struct link_hooks *hooks)
{
	const struct field *field = hooks && hooks->off_first
					    ? record_field(&link->kind->record, hooks->off_first)
					    : NULL;

	return field && !*(const bool *)field_member_const(field, link->info)
		       ? 1ULL << (field - link->kind->record.fields)
		       : 0;
}

static int set_info(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		    uint64_t mask, struct error *err)
{
	const struct link_hooks *hooks = link_hooks_find(object_link(want)->kind);
	uint64_t first = mask & off_first(want->data, hooks);
	int r;

	if (hooks && hooks->update)
		return hooks->update(ctx, want, mask, err);
	if (first && mask != first) {
		r = set_kind_rows(ctx, want, index, first, err);
		if (r < 0)
			return r;
		mask &= ~first;
	}
	return set_kind_rows(ctx, want, index, mask, err);
}

/* Rows of a new port that differ from what the kernel gives one. */
static uint64_t port_changes(const struct link *link)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < record_bridge_port.n_fields; i++) {
		const struct field *field = &record_bridge_port.fields[i];

		if (!field_is_default(field, &record_bridge_port, &link->port) &&
		    !(field->flags & FIELD_LOOSE && field_is_unset(field, &link->port)))
			mask |= 1ULL << i;
	}
	return mask;
}

static unsigned first_bit(uint64_t mask)
{
	return mask ? (unsigned)__builtin_ctzll(mask) : 0;
}

static int configure_port(struct backend_ctx *ctx, const struct object *want, uint32_t index,
			  uint64_t mask, const struct link_rows *rows, struct error *err)
{
	const struct link *link = want->data;
	uint64_t port = (mask & rows->port) >> first_bit(rows->port);
	int r;

	if (mask & rows->master) {
		r = set_master(ctx, want, index, err);
		if (r < 0)
			return error_add_context(err, "set master %s",
						 link->master.name ? link->master.name : "none");
		if (!want->external)
			port |= port_changes(link);
	}
	if (!port || !ref_is_set(&link->master))
		return 0;
	r = set_port(ctx, want, index, port, err);
	return r < 0 ? error_add_context(err, "set bridge port") : 0;
}

int link_configure(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		   uint64_t mask, struct error *err)
{
	const struct link *link = want->data;
	struct link_rows rows = link_rows(want);
	const char *what = "set up";
	int r = 0;

	if (mask & rows.up && !link->up)
		r = set_up(ctx, want->place, index, false, err);
	if (r == 0 && mask & rows.autoconf && (what = "set link-local"))
		r = set_autoconf(ctx, want, index, err);
	if (r == 0 && mask & rows.mac && mac_is_set(&link->macaddress) && (what = "set macaddress"))
		r = set_mac(ctx, want, index, rows.mac, err);
	if (r == 0 && mask & rows.mtu && link->mtu && (what = "set mtu"))
		r = set_rows(ctx, want, index, rows.mtu, err);
	if (r == 0 && mask & rows.info && link->info && (what = "set parameters"))
		r = set_info(ctx, want, index, (mask & rows.info) >> first_bit(rows.info), err);
	if (r < 0)
		return error_add_context(err, "%s", what);
	r = configure_port(ctx, want, index, mask, &rows, err);
	if (r == 0 && mask & rows.up && link->up) {
		segment_skip_dad(ctx, want);
		r = set_up(ctx, want->place, index, true, err);
		if (r < 0)
			return error_add_context(err, "set up");
	}
	return r;
}
