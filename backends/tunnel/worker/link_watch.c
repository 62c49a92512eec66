/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/link_watch.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* However many events wait, also where some were lost (ENOBUFS), one question answers them all. */
static void source_ready(struct event_source *source)
{
	struct link_watch *watch = source->owner;
	union {
		struct nlmsghdr header;
		char bytes[64];
	} event;
	bool is_address = false;
	ssize_t n;

	do {
		n = recv(source->fd, &event, sizeof(event), MSG_DONTWAIT | MSG_TRUNC);
		is_address |= n < 0 ? errno == ENOBUFS : event.header.nlmsg_type == RTM_NEWADDR;
	} while (n > 0 || (n < 0 && (errno == EINTR || errno == ENOBUFS)));
	watch->changed(watch->owner, is_address);
}

int link_watch_open(struct link_watch *watch, struct loop *loop,
		    void (*changed)(void *owner, bool is_address), void *owner,
		    struct failure *failure)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
				       .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
						    RTMGRP_IPV6_IFADDR };
	int r;

	*watch = (struct link_watch){
		.source = { .ready = source_ready, .owner = watch },
		.changed = changed,
		.owner = owner,
	};
	watch->source.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (watch->source.fd < 0)
		return failure_set_errno(failure, errno, "netlink");
	if (bind(watch->source.fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return failure_set_errno(failure, errno, "netlink: events of interfaces");
	r = loop_watch(loop, &watch->source, watch->source.fd);
	return r < 0 ? failure_set_errno(failure, -r, "epoll") : 0;
}

void link_watch_close(struct link_watch *watch)
{
	source_close(&watch->source);
}
