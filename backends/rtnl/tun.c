/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/tun.h"

#include "backends/mark.h"
#include "backends/rtnl/link_ops.h"
#include "model/cleanup.h"
#include "model/kind/tun_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICE "/dev/net/tun"

/* The link stands in the namespace in which the device was opened (tun_chr_open() of drivers/net/tun.c). */
static int open_device(struct error *err)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return error_set(err, errno, "%s is not there: load module tun, or make the device",
				 DEVICE);
	case EACCES:
	case EPERM:
		return error_set(err, errno,
				 "%s must not be opened: give it mode 0666, as udev does", DEVICE);
	}
	return error_set(err, errno, "%s: %s", DEVICE, strerror(errno));
}

static struct ifreq request_of(const struct object *want)
{
	const struct link *link = want->data;
	const struct tun *tun = link->info;
	struct ifreq request = { 0 };
	int flags = IFF_NO_PI | (strcmp(link->kind->name, "tap") ? IFF_TUN : IFF_TAP);

	if (tun->vnet_header)
		flags |= IFF_VNET_HDR;
	if (tun->multi_queue)
		flags |= IFF_MULTI_QUEUE;
	request.ifr_flags = (short)flags;
	strncpy(request.ifr_name, want->name, IFNAMSIZ - 1);
	return request;
}

static int attach(int fd, const struct object *want, struct error *err)
{
	struct ifreq request = request_of(want);

	if (ioctl(fd, TUNSETIFF, &request) == 0)
		return 0;
	return error_set(err, errno, "%s%s", strerror(errno),
			 errno == EBUSY	  ? ": a program is attached to it, stop that first"
			 : errno == EPERM ? " (needs CAP_NET_ADMIN)"
					  : "");
}

static int set_id(int fd, unsigned long request, uint32_t id, const char *what, struct error *err)
{
	if (id == TUN_NOBODY || ioctl(fd, request, (unsigned long)id) == 0)
		return 0;
	return error_set(err, errno, "%s %u: %s%s", what, id, strerror(errno),
			 errno == EINVAL ? ": no such id in this user namespace" : "");
}

static int set_ids(int fd, const struct object *want, struct error *err)
{
	const struct tun *tun = object_link(want)->info;
	int r = set_id(fd, TUNSETOWNER, tun->user, "user", err);

	return r < 0 ? r : set_id(fd, TUNSETGROUP, tun->group, "group", err);
}

static int mark(const struct backend_ctx *ctx, struct nl_sock *socket, const struct object *want,
		struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, 0);

	nla_put_string(message, IFLA_IFNAME, want->name);
	nla_put_u32(message, IFLA_GROUP, ctx->scope->group);
	mark_put_alias(message, ctx->scope, want->place, want->name);
	return request_send_one(socket, message, err);
}

static int move(struct nl_sock *socket, const struct object *want, int place, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = link_message_new(RTM_NEWLINK, 0, 0);

	nla_put_string(message, IFLA_IFNAME, want->name);
	nla_put_u32(message, IFLA_NET_NS_FD, (uint32_t)place);
	return request_send_one(socket, message, err);
}

/*
 * In the scratch namespace, which goes with `fd` and the socket unless the link has left it. Persistence comes
 * before the move: it needs the descriptor, and a link that is not persistent goes with that.
 */
static int make(const struct backend_ctx *ctx, const struct object *want, int place,
		struct error *err)
{
	AUTO_CLOSE int fd = open_device(err);
	struct nl_sock *socket;
	int r = fd < 0 ? fd : attach(fd, want, err);

	if (r < 0)
		return r;
	r = request_open(&socket, err);
	if (r < 0)
		return r;
	r = mark(ctx, socket, want, err);
	if (r == 0)
		r = set_ids(fd, want, err);
	if (r == 0 && ioctl(fd, TUNSETPERSIST, 1UL) < 0)
		r = error_set(err, errno, "make persistent: %s", strerror(errno));
	if (r == 0)
		r = move(socket, want, place, err);
	request_close(socket);
	return r;
}

int tun_create(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	int place = place_fd(ctx->places, want->place, err), r;

	if (place < 0)
		return place;
	r = place_enter_new(ctx->places, err);
	if (r < 0)
		return r;
	r = make(ctx, want, place, err);
	place_leave(ctx->places);
	return r;
}

int tun_update(struct backend_ctx *ctx, const struct object *want, uint64_t mask, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	int r = place_enter(ctx->places, want->place, err);

	(void)mask; /* attaching sets vnet-header; setting an id to what it is changes nothing */
	if (r < 0)
		return r;
	fd = open_device(err);
	place_leave(ctx->places);
	if (fd < 0)
		return fd;
	r = attach(fd, want, err);
	return r < 0 ? r : set_ids(fd, want, err);
}
