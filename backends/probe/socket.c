/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket belongs for ever to the namespace its opener was in: a visit is enough. */
#include "backends/probe/socket.h"

#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define OWN_NAMESPACE "/proc/thread-self/ns/net"

int probe_inside(int netns, int (*run)(void *data, struct error *err), void *data,
		 struct error *err)
{
	AUTO_CLOSE int home = open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC);
	int r;

	if (home < 0)
		return error_set(err, errno, "%s: %s", OWN_NAMESPACE, strerror(errno));
	if (setns(netns, CLONE_NEWNET) < 0)
		return error_set(err, errno, "cannot enter a namespace: %s%s", strerror(errno),
				 errno == EPERM ? " (needs CAP_SYS_ADMIN)" : "");
	r = run(data, err);
	if (setns(home, CLONE_NEWNET) < 0)
		abort();
	return r;
}

struct wanted_socket {
	int family, type, protocol, fd;
};

static int open_wanted(void *data, struct error *err)
{
	struct wanted_socket *wanted = data;

	wanted->fd = socket(wanted->family, wanted->type | SOCK_NONBLOCK | SOCK_CLOEXEC,
			    wanted->protocol);
	if (wanted->fd < 0)
		return error_set(err, errno, "cannot open a socket: %s%s", strerror(errno),
				 errno == EPERM ? " (needs CAP_NET_RAW)" : "");
	return 0;
}

int probe_socket(int netns, int family, int type, int protocol, struct error *err)
{
	struct wanted_socket wanted = { family, type, protocol, -1 };
	int r = probe_inside(netns, open_wanted, &wanted, err);

	return r < 0 ? r : wanted.fd;
}

socklen_t probe_address(union probe_address *ret, uint8_t family, const struct addr *addr,
			uint16_t port)
{
	memset(ret, 0, sizeof(*ret));
	if (family == AF_INET) {
		ret->ip4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		if (addr)
			memcpy(&ret->ip4.sin_addr, addr->bytes, 4);
		return sizeof(ret->ip4);
	}
	ret->ip6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	if (addr)
		memcpy(&ret->ip6.sin6_addr, addr->bytes, 16);
	return sizeof(ret->ip6);
}

int64_t probe_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int probe_left(int64_t end)
{
	int64_t left = end - probe_now();

	return left <= 0 ? 0 : (int)((left + 999) / 1000);
}

void probe_nonce(uint8_t nonce[NONCE_SIZE])
{
	/* Only told from older ones by it: what is on the stack does where the kernel has no more. */
	if (getrandom(nonce, NONCE_SIZE, GRND_NONBLOCK) < 0)
		memset(nonce, (int)(probe_now() & 0xff), NONCE_SIZE);
}
