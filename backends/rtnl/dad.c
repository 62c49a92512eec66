/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/dad.h"

#include "backends/rtnl/address.h"
#include "backends/rtnl/link_ops.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <time.h>

/* One second of probing, up to one of random delay before it, and some for a slow machine. */
#define PATIENCE_MS 3000
#define PAUSE_MS    20

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* *flags of the address; 0 where it is gone. */
static int read_flags(struct nl_sock *socket, const struct address *address, uint32_t index,
		      uint32_t *flags, struct error *err)
{
	const struct ifaddrmsg header = { .ifa_family = AF_INET6, .ifa_index = index };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETADDR, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	struct address_message found;
	int r = request_dump(socket, request, &answer, err);

	*flags = 0;
	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	if (address_message_parse(&found, message) &&
	    addr_same_host(&found.address, &address->address))
		*flags = found.flags;
	return 0;
}

int dad_wait(struct dad *dad, struct backend_ctx *ctx, const struct object *object,
	     struct error *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	const struct address *address = object->data;
	AUTO_ANSWER struct answer answer = { 0 };
	struct link_message link;
	struct nl_sock *socket;
	uint32_t flags = 0;
	int r = link_lookup(ctx, object->place, address->interface.name, &answer, &link, err);

	if (r == 0)
		r = place_socket(ctx->places, object->place, &socket, err);
	if (!dad->deadline)
		dad->deadline = now_ms() + PATIENCE_MS;
	while (r == 0) {
		r = read_flags(socket, address, link.index, &flags, err);
		if (r < 0)
			return r;
		if (flags & IFA_F_DADFAILED)
			return error_set(err, EADDRINUSE,
					 "somebody else on the segment has this address");
		if (!(flags & IFA_F_TENTATIVE) || !(link.flags & IFF_RUNNING) ||
		    now_ms() >= dad->deadline)
			return 0;
		nanosleep(&pause, NULL);
	}
	return r;
}
