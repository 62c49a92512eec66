/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP sockets with large buffers. See udp(7), ip(7), ipv6(7).
 *
 * Path MTU discovery is at first as the kernel has it: what is larger than the path leaves in fragments,
 * as the tutorial's relay sends it.
 */
#include "backends/tunnel/worker/socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define BUFFER_SIZE (8 * 1024 * 1024)

static int option_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Beyond net.core.rmem_max needs CAP_NET_ADMIN in the first user namespace; else take the maximum. */
static void socket_set_buffers(int fd)
{
	if (option_set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE) < 0)
		(void)option_set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_SIZE);
	if (option_set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_SIZE) < 0)
		(void)option_set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_SIZE);
}

/*
 * The kernel compares SO_REUSEADDR when it binds, and only then. It is on for that moment, on our
 * two sockets alone, so another program with the port is still an error.
 */
static int socket_bind(int fd, const struct worker_endpoint *endpoint, int shared)
{
	union socket_address address;
	socklen_t length = endpoint_to_address(endpoint, &address);
	int r;

	if (shared >= 0) {
		(void)option_set(shared, SOL_SOCKET, SO_REUSEADDR, 1);
		(void)option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	}
	r = bind(fd, &address.any, length) < 0 ? -errno : 0;
	if (shared >= 0) {
		(void)option_set(shared, SOL_SOCKET, SO_REUSEADDR, 0);
		(void)option_set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
	}
	return r;
}

static int socket_prepare(int fd, const struct worker_endpoint *endpoint)
{
	int r = 0;

	socket_set_buffers(fd);
	if (endpoint->family == AF_INET6) {
		r = option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		if (r == 0)
			r = option_set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	} else {
		r = option_set(fd, IPPROTO_IP, IP_FREEBIND, 1);
	}
	return r;
}

int socket_open(const struct worker_endpoint *endpoint, int shared, struct failure *failure)
{
	int fd = socket(endpoint->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;
	char text[INET6_ADDRSTRLEN] = "?";

	if (fd < 0)
		return failure_set_errno(failure, errno, "UDP socket");
	r = socket_prepare(fd, endpoint);
	if (r == 0)
		r = socket_bind(fd, endpoint, shared);
	if (r < 0) {
		close(fd);
		inet_ntop(endpoint->family, endpoint->address, text, sizeof(text));
		return failure_set_errno(failure, -r, "UDP port %u of %s", endpoint->port, text);
	}
	return fd;
}

/*
 * A connected socket matches datagrams of its peer alone. Connected to itself, to a port that nobody
 * sends from, it matches none, and the kernel goes on to the socket that takes its place.
 */
void socket_retire(int fd)
{
	union socket_address address = { 0 };
	socklen_t length = sizeof(address);

	if (getsockname(fd, &address.any, &length) < 0)
		return;
	if (address.any.sa_family == AF_INET6) {
		if (IN6_IS_ADDR_UNSPECIFIED(&address.v6.sin6_addr))
			address.v6.sin6_addr = in6addr_loopback;
		address.v6.sin6_port = htons(1);
	} else {
		if (address.v4.sin_addr.s_addr == htonl(INADDR_ANY))
			address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address.v4.sin_port = htons(1);
	}
	(void)!connect(fd, &address.any, length);
}

void socket_set_cutting(int fd, enum socket_slot slot, enum socket_cutting cutting)
{
	static const int modes[] = {
		[SOCKET_AS_NEEDED] = IP_PMTUDISC_WANT,
		[SOCKET_WHOLE] = IP_PMTUDISC_DO,
		[SOCKET_CUT] = IP_PMTUDISC_DONT,
		[SOCKET_NEVER] = IP_PMTUDISC_DO,
	};
	int mode_v6 = cutting == SOCKET_NEVER ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_WANT;

	if (slot == SOCKET_V4)
		(void)option_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, modes[cutting]);
	else
		(void)option_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, mode_v6);
}

void socket_set_errors(int fd, enum socket_slot slot, bool on)
{
	if (slot == SOCKET_V6)
		(void)option_set(fd, IPPROTO_IPV6, IPV6_RECVERR, on);
	else
		(void)option_set(fd, IPPROTO_IP, IP_RECVERR, on);
}

enum worker_drop socket_drop_reason(int code)
{
	switch (code) {
	case EMSGSIZE:
		return WORKER_DROP_TOO_BIG;
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		return WORKER_DROP_NO_BUFFER;
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return WORKER_DROP_UNREACHABLE;
	default:
		return WORKER_DROP_SEND;
	}
}
