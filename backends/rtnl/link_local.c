/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the mode as a sysctl makes the kernel generate, unless it is the mode already: hence twice. */
#include "backends/rtnl/link_local.h"

#include "backends/rtnl/address.h"
#include "backends/rtnl/link_ops.h"
#include "model/classes.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define MADE_BY_KERNEL 3 /* IFAPROT_KERNEL_LL of linux/if_addr.h */

static int generate(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	char path[128];
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message link;
	int r = link_lookup(ctx, want->place, want->name, &answer, &link, err);

	/* When the carrier comes, so does the address. */
	if (r < 0 || !(link.flags & IFF_RUNNING))
		return r;
	r = place_enter(ctx->places, want->place, err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/addr_gen_mode", want->name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	place_leave(ctx->places);
	if (fd < 0 && errno == ENOENT)
		return 0; /* no IPv6 on this link */
	if (fd < 0 || pwrite(fd, "1", 1, 0) < 0 || pwrite(fd, "0", 1, 0) < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int delete_one(struct nl_sock *socket, const struct address_message *found,
		      struct error *err)
{
	const struct ifaddrmsg header = { .ifa_family = AF_INET6,
					  .ifa_prefixlen = found->address.length,
					  .ifa_index = found->index };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_DELADDR, 0, &header, sizeof(header));
	int r;

	nla_put(message, IFA_LOCAL, addr_bytes(AF_INET6), found->address.bytes);
	r = request_send_one(socket, message, err);
	return r == -EADDRNOTAVAIL ? 0 : r;
}

static int remove_made(struct backend_ctx *ctx, const char *place, uint32_t index,
		       struct error *err)
{
	const struct ifaddrmsg header = { .ifa_family = AF_INET6, .ifa_index = index };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETADDR, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message = NULL;
	struct address_message found;
	struct nl_sock *socket;
	int r = place_socket(ctx->places, place, &socket, err);

	if (r == 0)
		r = request_dump(socket, request, &answer, err);
	while (r == 0 && (message = answer_next(&answer, message)))
		if (address_message_parse(&found, message) && found.index == index &&
		    found.protocol == MADE_BY_KERNEL && addr_is_link_local(&found.address))
			r = delete_one(socket, &found, err);
	return r;
}

int link_local_follow(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		      struct error *err)
{
	const struct link *link = want->data;
	int r = 0;

	if (!link->autoconf)
		r = remove_made(ctx, want->place, index, err);
	else if (link->up)
		r = generate(ctx, want, err);
	return r < 0 ? error_add_context(err, "set link-local") : 0;
}
