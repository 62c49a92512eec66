/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into vnetapply by LD_PRELOAD, in tests alone: a kernel without netfilter's netlink, for which socket(2)
 * fails as such a kernel's does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol)
{
	int (*real)(int, int, int) = (int (*)(int, int, int))(uintptr_t)dlsym(RTLD_NEXT, "socket");

	if (domain == AF_NETLINK && protocol == NETLINK_NETFILTER) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return real(domain, type, protocol);
}
