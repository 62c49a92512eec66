/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/mark.h"

#include "backends/request.h"
#include "model/text.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

uint32_t mark_trash_group(const struct scope *scope)
{
	return scope->group ^ 0x01000000U;
}

bool mark_is_ours(const struct scope *scope, uint32_t group, const char *alias, bool inside)
{
	char prefix[SCOPE_ALIAS_MAX + 1];
	int length = snprintf(prefix, sizeof(prefix), "vnet:%s:", scope->topology);

	if (group != scope->group && group != mark_trash_group(scope))
		return false;
	if (!alias || !alias[0])
		return inside;
	return !strncmp(alias, prefix, (size_t)length);
}

void mark_put_alias(struct nl_msg *message, const struct scope *scope, const char *place,
		    const char *name)
{
	char alias[SCOPE_ALIAS_MAX + 1];

	scope_alias(scope, place, name, alias);
	nla_put(message, IFLA_IFALIAS, (int)strlen(alias), alias);
}

const char *mark_holder(const struct scope *scope, const char *alias, struct arena *arena)
{
	const char *name = alias && text_starts_with(alias, "vnet:") ? alias + strlen("vnet:") : "";
	size_t length = strcspn(name, ":");

	if (!length || !name[length] ||
	    (strlen(scope->topology) == length && !strncmp(name, scope->topology, length)))
		return NULL;
	return arena_strndup(arena, name, length);
}

/* ---- whole marks ---- */

static struct nl_msg *message_for(uint16_t type, const char *link)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct nl_msg *message = request_new(type, 0, &header, sizeof(header));

	nla_put_string(message, IFLA_IFNAME, link);
	return message;
}

int mark_read(struct nl_sock *socket, const char *link, struct mark *ret, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = message_for(RTM_GETLINK, link);
	const struct nlattr *table[IFLA_MAX + 1];
	AUTO_ANSWER struct answer answer = { 0 };
	const char *alias;
	int r;

	nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = request_get(socket, message, &answer, err);
	if (r < 0)
		return r;
	if (!message_parse(answer_next(&answer, NULL), sizeof(struct ifinfomsg), table, IFLA_MAX))
		return error_set(err, EBADMSG, "the kernel's answer makes no sense");
	alias = attr_text(table[IFLA_IFALIAS]);
	ret->group = attr_u32(table[IFLA_GROUP]);
	snprintf(ret->alias, sizeof(ret->alias), "%s", alias ? alias : "");
	return 0;
}

int mark_write(struct nl_sock *socket, const char *link, const struct mark *mark, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = message_for(RTM_NEWLINK, link);

	nla_put_u32(message, IFLA_GROUP, mark->group);
	nla_put(message, IFLA_IFALIAS, (int)strlen(mark->alias), mark->alias);
	return request_send_one(socket, message, err);
}

/* ---- trash ---- */

static int delete_by(struct nl_sock *socket, int index, uint32_t group, struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_DELLINK, 0, &header, sizeof(header));
	int r;

	if (!index)
		nla_put_u32(message, IFLA_GROUP, group);
	r = request_send_one(socket, message, err);
	return r == -ENODEV ? 0 : r;
}

static bool is_trash(const struct nlmsghdr *message, uint32_t group, const struct nlattr **table)
{
	return message_parse(message, sizeof(struct ifinfomsg), table, IFLA_MAX) &&
	       attr_u32(table[IFLA_GROUP]) == group;
}

static int delete_ours(struct nl_sock *socket, const struct scope *scope, bool inside,
		       const struct answer *answer, struct error *err)
{
	const uint32_t group = mark_trash_group(scope);
	const struct nlattr *table[IFLA_MAX + 1];
	const struct nlmsghdr *message;
	int r = 0;

	ANSWER_FOR_EACH(message, answer)
	{
		if (r < 0 || !is_trash(message, group, table) ||
		    !mark_is_ours(scope, group, attr_text(table[IFLA_IFALIAS]), inside))
			continue;
		r = delete_by(socket,
			      ((const struct ifinfomsg *)message_header(message))->ifi_index, 0,
			      err);
	}
	return r;
}

int mark_delete_trash(struct nl_sock *socket, const struct scope *scope, bool inside,
		      struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETLINK, 0, &header, sizeof(header));
	const uint32_t group = mark_trash_group(scope);
	const struct nlattr *table[IFLA_MAX + 1];
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	int r;

	nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = request_dump(socket, request, &answer, err);
	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	if (is_trash(message, group, table) &&
	    !mark_is_ours(scope, group, attr_text(table[IFLA_IFALIAS]), inside))
		return delete_ours(socket, scope, inside, &answer, err);
	return delete_by(socket, 0, group, err);
}
