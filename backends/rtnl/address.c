/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On a veth, a bridge or a tap of ours an IPv6 address is usable at once: what is on the segment is ours, so that
 * duplicates show in the file. On a macvlan or a foreign link the segment is somebody else's, and the kernel looks first.
 */
#include "backends/rtnl/address.h"

#include "backends/rtnl/attr.h"
#include "backends/rtnl/dad.h"
#include "backends/rtnl/link_ops.h"
#include "backends/rtnl/promote.h"
#include "backends/rtnl/segment.h"
#include "model/classes.h"
#include "model/text.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>

#ifndef IFAPROT_KERNEL_LL
#define IFAPROT_KERNEL_LL 3 /* the last of the kernel's own: lo, router advertisement, link-local */
#endif

bool address_message_parse(struct address_message *ret, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = message_header(message);
	const struct nlattr *table[IFA_MAX + 1];

	memset(ret, 0, sizeof(*ret));
	if (message->nlmsg_type != RTM_NEWADDR ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)) ||
	    !message_parse(message, sizeof(*header), table, IFA_MAX) ||
	    !attr_get_addr(&ret->address, table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS]))
		return false;
	if (ret->address.family != header->ifa_family ||
	    header->ifa_prefixlen > addr_bits(ret->address.family))
		return false;
	ret->address.length = header->ifa_prefixlen;
	ret->index = header->ifa_index;
	ret->flags = table[IFA_FLAGS] ? attr_u32(table[IFA_FLAGS]) : header->ifa_flags;
	ret->protocol = attr_u8(table[IFA_PROTO]);
	ret->scope = header->ifa_scope;
	return true;
}

/* ---- observe ---- */

static bool is_by_kernel(const struct address_message *message, const char *link)
{
	if (message->protocol)
		return message->protocol <= IFAPROT_KERNEL_LL;
	return (message->address.family == AF_INET6 && addr_is_link_local(&message->address)) ||
	       (!strcmp(link, "lo") && message->scope == RT_SCOPE_HOST);
}

static void observe_one(const struct backend_ctx *ctx, const struct seen_place *place,
			const struct address_message *message, struct model *have)
{
	const struct seen_link *link = seen_find(place, message->index);
	struct arena *arena = model_arena(have);
	struct address *address;
	struct object *object;

	if (!link)
		return; /* it came after the links were read */
	object = model_add(have, &class_address, place->name,
			   address_name(arena, link->name, &message->address));
	if (!object)
		return; /* the same with another peer */
	address = object->data;
	address->interface.name = arena_strdup(arena, link->name);
	address->address = message->address;
	address->secondary = message->address.family == AF_INET && message->flags & IFA_F_SECONDARY;
	object->owner = seen_is_ours(ctx, place, message->protocol) ? OWNER_OURS
			: is_by_kernel(message, link->name)	    ? OWNER_KERNEL
								    : OWNER_FOREIGN;
	object->holder = seen_holder(ctx, object, message->protocol);
}

int address_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have,
		    struct error *err)
{
	const struct ifaddrmsg header = { .ifa_family = AF_UNSPEC };
	struct address_message address;
	const struct nlmsghdr *message;
	size_t i;

	for (i = 0; i < seen->n; i++) {
		AUTO_MESSAGE struct nl_msg *request =
			request_new(RTM_GETADDR, 0, &header, sizeof(header));
		AUTO_ANSWER struct answer answer = { 0 };
		const struct seen_place *place = &seen->places[i];

		if (request_dump(place->socket, request, &answer, err) < 0)
			return error_add_context(err, "addresses of %s",
						 place->name[0] ? place->name : "the host");
		ANSWER_FOR_EACH(message, &answer)
		if (address_message_parse(&address, message))
			observe_one(ctx, place, &address, have);
	}
	return 0;
}

/* ---- apply ---- */

static int add_path(struct error *err, const struct object *object)
{
	AUTO_TEXT struct text path = { 0 };

	object_path(object, &path);
	return error_add_context(err, "address %s", text_get(&path));
}

static struct nl_msg *address_message(uint16_t type, int flags, const struct address *address,
				      uint32_t index)
{
	const struct ifaddrmsg header = { .ifa_family = address->address.family,
					  .ifa_prefixlen = address->address.length,
					  .ifa_index = index };
	struct nl_msg *message = request_new(type, flags, &header, sizeof(header));
	int size = addr_bytes(address->address.family);

	nla_put(message, IFA_LOCAL, size, address->address.bytes);
	nla_put(message, IFA_ADDRESS, size, address->address.bytes);
	return message;
}

/* Whether the address is there with our protocol number. */
static bool is_there(struct backend_ctx *ctx, const struct object *want, uint32_t index)
{
	const struct address *address = want->data;
	const struct ifaddrmsg header = { .ifa_family = address->address.family };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETADDR, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	struct address_message found;
	struct nl_sock *socket;
	struct error err;

	if (place_socket(ctx->places, want->place, &socket, &err) < 0 ||
	    request_dump(socket, request, &answer, &err) < 0)
		return false;
	ANSWER_FOR_EACH(message, &answer)
	if (address_message_parse(&found, message) && found.index == index &&
	    addr_equal(&found.address, &address->address))
		return found.protocol == ctx->scope->protocol;
	return false;
}

static int create(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	const struct address *address = want->data;
	AUTO_MESSAGE struct nl_msg *message = NULL;
	uint32_t index;
	int r = link_ref_index(ctx, want, &address->interface, &index, err);

	if (r < 0)
		return r;
	message = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, index);
	nla_put_u8(message, IFA_PROTO, ctx->scope->protocol);
	if (address->address.family == AF_INET6 && segment_is_ours(ctx, want, &address->interface))
		nla_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
	r = link_send(ctx, want->place, message, err);
	if (r != -EEXIST)
		return r;
	return is_there(ctx, want, index)
		       ? 0
		       : error_set(err, EEXIST, "it exists on the link and is not ours");
}

static int delete (struct backend_ctx *ctx, const struct object *have, struct error *err)
{
	const struct address *address = have->data;
	AUTO_MESSAGE struct nl_msg *message = NULL;
	struct error ignored;
	uint32_t index;
	int r = link_ref_index(ctx, have, &address->interface, &index, err);

	if (r == 0) {
		int promotion = promote_begin(ctx, have);

		message = address_message(RTM_DELADDR, 0, address, index);
		r = link_send(ctx, have->place, message, err);
		if (promote_end(promotion, r < 0 ? &ignored : err) < 0 && r == 0)
			return -err->code;
	}
	return r == -EADDRNOTAVAIL || r == -ENODEV || r == -ENOENT ? 0 : r;
}

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	int r;

	switch (change->op) {
	case CHANGE_CREATE:
		r = create(ctx, change->want, err);
		return r < 0 ? error_add_context(err, "add") : 0;
	case CHANGE_DELETE:
		r = delete (ctx, change->have, err);
		return r < 0 ? error_add_context(err, "remove") : 0;
	case CHANGE_UPDATE:
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		return error_set(err, EOPNOTSUPP, "an address cannot be changed in place");
	}
	return 0;
}

static void take_back(struct backend_ctx *ctx, const struct change *const *changes, size_t from,
		      size_t to)
{
	struct error ignored;

	while (to-- > from)
		if (changes[to]->op == CHANGE_CREATE)
			(void)!delete (ctx, changes[to]->want, &ignored);
}

/* Stops at the first deletion: it would not be taken back with the creations. */
static size_t run_length(const struct change *const *changes, size_t n)
{
	size_t length = 0;

	while (length < n && changes[length]->op == CHANGE_CREATE)
		length++;
	return length ? length : 1;
}

static bool needs_dad(const struct backend_ctx *ctx, const struct change *change)
{
	const struct address *address;

	if (change->op != CHANGE_CREATE)
		return false;
	address = change->want->data;
	return address->address.family == AF_INET6 &&
	       !segment_is_ours(ctx, change->want, &address->interface);
}

static int apply_run(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		     size_t *done, struct error *err)
{
	struct dad dad = { .deadline = 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = apply_one(ctx, changes[i], err);
	if (r < 0) {
		*done += i - 1;
		return add_path(err,
				changes[i - 1]->want ? changes[i - 1]->want : changes[i - 1]->have);
	}
	for (i = 0; i < n && r == 0; i++)
		if (needs_dad(ctx, changes[i]))
			r = dad_wait(&dad, ctx, changes[i]->want, err);
	if (r < 0) {
		take_back(ctx, changes, i - 1, n);
		*done += i - 1;
		return add_path(err, changes[i - 1]->want);
	}
	*done += n;
	return 0;
}

int address_apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		  size_t *done, struct error *err)
{
	size_t i, length;
	int r = 0;

	for (i = 0; i < n && r == 0; i += length) {
		length = run_length(&changes[i], n - i);
		r = apply_run(ctx, &changes[i], length, done, err);
	}
	return r;
}
