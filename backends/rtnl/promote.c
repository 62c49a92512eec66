/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The value is put back at once: it is the administrator's. It makes no netlink message. Where nothing of the network is
 * wanted any more it is left alone, for then all is to go.
 */
#include "backends/rtnl/promote.h"

#include "backends/place.h"
#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

static bool wants_another(const struct model *want, const struct object *gone)
{
	const struct address *address = gone->data;
	struct ref link = object_ref(gone, &address->interface);
	const struct object *object;
	size_t i;

	if (!want || address->address.family != AF_INET)
		return false;
	MODEL_FOR_EACH (object, want, i) {
		const struct address *other = object->data;
		struct ref at;

		if (object->class != &class_address)
			continue;
		at = object_ref(object, &other->interface);
		if (ref_equal(&at, &link) && other->address.family == AF_INET &&
		    other->address.length == address->address.length &&
		    addr_contains(&address->address, &other->address))
			return true;
	}
	return false;
}

/* /proc/sys/net shows the namespace of the thread that opens it. */
static int open_value(struct backend_ctx *ctx, const struct object *object)
{
	const struct address *address = object->data;
	struct error ignored;
	char path[128];
	int fd;

	if (place_enter(ctx->places, object->place, &ignored) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries",
		 address->interface.name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	place_leave(ctx->places);
	return fd;
}

void promote_begin(struct backend_ctx *ctx, const struct object *address, bool *ret)
{
	AUTO_CLOSE int fd = -1;
	char value = '1';

	*ret = false;
	if (!wants_another(ctx->want, address))
		return;
	fd = open_value(ctx, address);
	if (fd < 0 || pread(fd, &value, 1, 0) != 1 || value != '0')
		return;
	*ret = pwrite(fd, "1", 1, 0) == 1;
}

void promote_end(struct backend_ctx *ctx, const struct object *address)
{
	AUTO_CLOSE int fd = open_value(ctx, address);

	if (fd >= 0)
		(void)!pwrite(fd, "0", 1, 0);
}
