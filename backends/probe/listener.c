/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A datagram is answered from the address it was sent to (IP_PKTINFO, ip(7)): on a place with several addresses
 * the kernel might choose another, which address translation would not recognise.
 */
#include "backends/probe/listener.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int bind_to(const struct listener *listener, uint8_t family, int type, uint16_t port)
{
	union probe_address address;
	const socklen_t length = probe_address(&address, family, NULL, port);
	const int on = 1;

	if (family == AF_INET6)
		(void)setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (type == SOCK_DGRAM && family == AF_INET6)
		(void)setsockopt(listener->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	else if (type == SOCK_DGRAM)
		(void)setsockopt(listener->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	else /* connections that ended lately are no listeners */
		(void)setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener->fd, &address.any, length) < 0)
		return -errno;
	if (type == SOCK_STREAM && listen(listener->fd, 8) < 0)
		return -errno;
	return 0;
}

int listener_open(struct listener *ret, int netns, uint8_t family, int type, uint16_t port,
		  struct error *err)
{
	struct listener listener = LISTENER_CLOSED;
	int r;

	listener.fd = probe_socket(netns, family, type, 0, err);
	if (listener.fd < 0)
		return listener.fd;
	r = bind_to(&listener, family, type, port);
	if (r < 0)
		listener_close(&listener);
	if (r < 0 && r != -EADDRINUSE)
		return error_set(err, -r, "cannot listen on port %u: %s", port, strerror(-r));
	*ret = listener;
	return 0;
}

void listener_close(struct listener *listener)
{
	if (listener->accepted >= 0)
		close(listener->accepted);
	if (listener->fd >= 0)
		close(listener->fd);
	*listener = LISTENER_CLOSED;
}

/* The last to come is the one that counts: a stranger who is silent must not be in the way. */
static void accept_last(struct listener *listener)
{
	const struct linger reset = { .l_onoff = 1 };
	int fd;

	while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (listener->accepted >= 0)
			close(listener->accepted);
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		listener->accepted = fd;
	}
}

bool listener_serve_tcp(struct listener *listener, const uint8_t nonce[NONCE_SIZE])
{
	uint8_t came[NONCE_SIZE];

	accept_last(listener);
	if (listener->accepted < 0)
		return false;
	/* Sent in one piece and far below any segment's size. */
	if (recv(listener->accepted, came, sizeof(came), 0) != (ssize_t)sizeof(came))
		return false;
	if (send(listener->accepted, came, sizeof(came), MSG_NOSIGNAL) < 0)
		return false;
	return !memcmp(came, nonce, sizeof(came));
}

/* Keeps only what the answer needs: the address that was asked. */
static void answer_from(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (!control || control->cmsg_level != IPPROTO_IP || control->cmsg_type != IP_PKTINFO)
		return;
	((struct in_pktinfo *)(void *)CMSG_DATA(control))->ipi_ifindex = 0;
}

bool listener_serve_udp(struct listener *listener, const uint8_t nonce[NONCE_SIZE])
{
	uint8_t came[NONCE_SIZE];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 64];
	union probe_address from;
	struct iovec part = { came, sizeof(came) };
	struct msghdr message = { .msg_name = &from,
				  .msg_namelen = sizeof(from),
				  .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	const ssize_t n = recvmsg(listener->fd, &message, 0);

	if (n < 0)
		return false;
	part.iov_len = (size_t)n;
	message.msg_flags = 0;
	answer_from(&message);
	if (sendmsg(listener->fd, &message, MSG_NOSIGNAL) < 0)
		return false;
	return (size_t)n == sizeof(came) && !memcmp(came, nonce, sizeof(came));
}
