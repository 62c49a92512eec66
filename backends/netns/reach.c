/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting a link one by one costs the kernel a grace period each; a group of links costs one in all. Ends in the
 * host are therefore gathered in the trash group over all namespaces, and deleted there at once.
 */
#include "backends/netns/reach.h"

#include "backends/mark.h"
#include "backends/request.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct cut {
	struct places *places;
	const struct scope *scope;
	struct nl_sock *host;
	bool host_has_trash;
};

static int set_group(struct nl_sock *socket, uint32_t index, uint32_t group, struct error *err)
{
	const struct ifinfomsg header = { .ifi_index = (int)index };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_NEWLINK, 0, &header, sizeof(header));
	int r;

	nla_put_u32(message, IFLA_GROUP, group);
	r = request_send_one(socket, message, err);
	return r == -ENODEV ? 0 : r;
}

/* Whether link `index` of the host is ours and names `inner` of some namespace as its other end. */
static int is_host_end(const struct cut *cut, uint32_t index, uint32_t inner, bool *ret)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_GETLINK, 0, &header, sizeof(header));
	const struct nlattr *table[IFLA_MAX + 1];
	AUTO_ANSWER struct answer answer = { 0 };
	struct error err;

	nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	*ret = false;
	if (request_get(cut->host, message, &answer, &err) < 0)
		return err.code == ENOMEM ? -ENOMEM : 0;
	if (message_parse(answer_next(&answer, NULL), sizeof(header), table, IFLA_MAX))
		*ret = table[IFLA_LINK_NETNSID] && attr_u32(table[IFLA_LINK]) == inner &&
		       mark_is_ours(cut->scope, attr_u32(table[IFLA_GROUP]),
				    attr_text(table[IFLA_IFALIAS]), false);
	return 0;
}

static bool reaches_out(const struct cut *cut, const struct nlmsghdr *message, uint32_t *far)
{
	const struct nlattr *table[IFLA_MAX + 1];

	if (!message_parse(message, sizeof(struct ifinfomsg), table, IFLA_MAX) ||
	    !table[IFLA_LINK_NETNSID])
		return false;
	*far = attr_u32(table[IFLA_LINK]);
	return mark_is_ours(cut->scope, attr_u32(table[IFLA_GROUP]), attr_text(table[IFLA_IFALIAS]),
			    true);
}

static int cut_link(struct cut *cut, struct nl_sock *socket, const struct nlmsghdr *message,
		    bool *has_trash, struct error *err)
{
	const struct ifinfomsg *header = message_header(message);
	uint32_t far = 0, trash = mark_trash_group(cut->scope);
	bool in_host;

	if (!reaches_out(cut, message, &far))
		return 0;
	if (is_host_end(cut, far, (uint32_t)header->ifi_index, &in_host) < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (in_host) {
		cut->host_has_trash = true;
		return set_group(cut->host, far, trash, err);
	}
	*has_trash = true;
	return set_group(socket, (uint32_t)header->ifi_index, trash, err);
}

static int cut_namespace(struct cut *cut, const char *name, struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETLINK, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	struct nl_sock *socket;
	bool has_trash = false;
	int r = place_socket(cut->places, name, &socket, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = request_dump(socket, request, &answer, err);
	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		r = cut_link(cut, socket, message, &has_trash, err);
		if (r < 0)
			return r;
	}
	return has_trash ? mark_delete_trash(socket, cut->scope, true, err) : 0;
}

int reach_cut(struct places *places, const struct scope *scope, const struct change *const *changes,
	      size_t n, struct error *err)
{
	struct cut cut = { .places = places, .scope = scope };
	int r = place_socket(places, "", &cut.host, err);
	size_t i;

	for (i = 0; i < n && r == 0; i++) {
		r = cut_namespace(&cut, changes[i]->have->name, err);
		if (r < 0)
			error_add_context(err, "namespace %s: remove", changes[i]->have->name);
	}
	if (r == 0 && cut.host_has_trash)
		r = mark_delete_trash(cut.host, scope, false, err);
	return r;
}
