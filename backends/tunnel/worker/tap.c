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

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20 /* <linux/if_tun.h> before Linux 6.2 */
#define TUN_F_USO6 0x40
#endif

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
	short flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	int r = tap_attach(fd, interface, flags), size = sizeof(struct virtio_net_hdr);

	/* This flag must be as it was when the interface was made, and reading it needs sysfs. */
	if (r == -EINVAL)
		r = tap_attach(fd, interface, (short)(flags | IFF_MULTI_QUEUE));
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
	/* An earlier owner may have left a longer header. */
	if (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0)
		return failure_set_errno(failure, errno, "interface %s: TUNSETVNETHDRSZ",
					 interface);
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

bool tap_is_gone(int fd)
{
	struct ifreq request = { 0 };

	return ioctl(fd, TUNGETIFF, &request) < 0 && (errno == EBADFD || errno == ENODEV);
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

ssize_t tap_write(int fd, const struct iovec *parts, unsigned count)
{
	ssize_t n = writev(fd, parts, (int)count);

	return n < 0 ? tap_error(errno) : n;
}

/* Bits of one step are known together or not at all (set_offload() of drivers/net/tun.c). */
unsigned tap_offload(int fd, unsigned wanted)
{
	static const struct {
		unsigned kind;
		unsigned long bits;
	} steps[] = {
		{ TAP_TSO, TUN_F_TSO4 },
		{ TAP_TSO, TUN_F_TSO6 },
		{ TAP_TSO, TUN_F_TSO_ECN },
		{ TAP_USO, TUN_F_USO4 | TUN_F_USO6 },
	};
	unsigned long known = TUN_F_CSUM, taken = 0;
	unsigned kinds = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (ioctl(fd, TUNSETOFFLOAD, known | steps[i].bits) < 0)
			continue;
		known |= steps[i].bits;
		kinds |= steps[i].kind;
		if (wanted & steps[i].kind)
			taken |= TUN_F_CSUM | steps[i].bits;
	}
	(void)!ioctl(fd, TUNSETOFFLOAD, taken);
	return kinds;
}
