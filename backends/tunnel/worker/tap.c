/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching to a persistent TAP. Kernel behaviour is that of drivers/net/tun.c.
 */
#include "backends/tunnel/worker/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_tun.h>

static int tap_attach(int fd, const char *interface, short flags)
{
	struct ifreq request = { .ifr_flags = flags };

	memcpy(request.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

/* TUNSETIFF makes an interface that is missing: what it made does not persist, and is refused. */
static int tap_check_persistent(int fd, const char *interface, struct failure *failure)
{
	struct ifreq request = { 0 };

	if (ioctl(fd, TUNGETIFF, &request) < 0)
		return failure_set_errno(failure, errno, "interface %s: TUNGETIFF", interface);
	if (!(request.ifr_flags & IFF_PERSIST))
		return failure_set(failure, ENODEV, "interface %s: not a persistent tap",
				   interface);
	return 0;
}

static int tap_configure(int fd, const char *interface, struct failure *failure)
{
	int r = tap_attach(fd, interface, IFF_TAP | IFF_NO_PI);

	/* The flag must be as it was when the interface was made, and reading it needs sysfs. */
	if (r == -EINVAL)
		r = tap_attach(fd, interface, (short)(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE));
	if (r == -EBUSY)
		return failure_set(failure, EBUSY, "interface %s: in use by another process",
				   interface);
	if (r == -EINVAL)
		return failure_set(failure, EINVAL, "interface %s: not a tap", interface);
	if (r < 0)
		return failure_set_errno(failure, -r, "interface %s: attach", interface);
	r = tap_check_persistent(fd, interface, failure);
	if (r < 0)
		return r;
	/* An earlier owner may have left offloads on; without a header they would be lost. */
	if (ioctl(fd, TUNSETOFFLOAD, 0) < 0)
		return failure_set_errno(failure, errno, "interface %s: TUNSETOFFLOAD", interface);
	return 0;
}

int tap_open(const char *interface, struct failure *failure)
{
	int fd, r;

	if (if_nametoindex(interface) == 0)
		return failure_set(failure, ENODEV, "interface %s: does not exist", interface);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return failure_set_errno(failure, errno, "/dev/net/tun");
	r = tap_configure(fd, interface, failure);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* By the name that it has now: an interface may be renamed under its user. */
unsigned tap_mtu(int fd)
{
	int query = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	bool known;

	if (query < 0)
		return 0;
	known = ioctl(fd, TUNGETIFF, &request) == 0 && ioctl(query, SIOCGIFMTU, &request) == 0;
	close(query);
	return known && request.ifr_mtu > 0 ? (unsigned)request.ifr_mtu : 0;
}

/* EFAULT is what a read that waits gets when the interface goes, EBADFD what comes after it. */
static int tap_error(int code)
{
	return code == EBADFD || code == EFAULT || code == ENODEV ? -ENODEV : -code;
}

ssize_t tap_read(int fd, void *frame, size_t size)
{
	ssize_t n = read(fd, frame, size);

	return n < 0 ? tap_error(errno) : n;
}

ssize_t tap_write(int fd, const void *frame, size_t length)
{
	ssize_t n = write(fd, frame, length);

	return n < 0 ? tap_error(errno) : n;
}
