/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The value is put back at once: it is the administrator's. It makes no netlink message. Where nothing of the network is
 * wanted any more, and nobody else has an address of it, it is left alone, for then all is to go.
 */
#include "backends/rtnl/promote.h"

#include "backends/place.h"
#include "backends/rtnl/address.h"
#include "backends/rtnl/link_ops.h"
#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where the value is to be put back, while it is not: a run may be killed meanwhile. */
#define RECORD	   SCOPE_RUN_DIRECTORY "/.promote"
#define RECORD_MAX 512

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

/* Whether an address that is not ours would go along, being a secondary of the same network. */
static bool has_foreign(struct backend_ctx *ctx, const struct object *gone)
{
	const struct address *address = gone->data;
	struct ifaddrmsg header = { .ifa_family = AF_INET };
	AUTO_MESSAGE struct nl_msg *request = NULL;
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	struct address_message other;
	struct nl_sock *socket;
	struct error ignored;

	if (address->address.family != AF_INET ||
	    link_ref_index(ctx, gone, &address->interface, &header.ifa_index, &ignored) < 0 ||
	    place_socket(ctx->places, gone->place, &socket, &ignored) < 0)
		return false;
	request = request_new(RTM_GETADDR, 0, &header, sizeof(header));
	if (request_dump(socket, request, &answer, &ignored) < 0)
		return false;
	ANSWER_FOR_EACH(message, &answer)
	if (address_message_parse(&other, message) && other.index == header.ifa_index &&
	    other.protocol != ctx->scope->protocol && other.flags & IFA_F_SECONDARY &&
	    other.address.length == address->address.length &&
	    addr_contains(&address->address, &other.address))
		return true;
	return false;
}

/* /proc/sys/net shows the namespace of the thread that opens it. */
static int open_value(struct backend_ctx *ctx, const char *place, const char *link)
{
	struct error ignored;
	char path[128];
	int fd;

	if (place_enter(ctx->places, place, &ignored) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", link);
	fd = open(path, O_RDWR | O_CLOEXEC);
	place_leave(ctx->places);
	return fd;
}

/* Under the lock that all share, so there is one at most. */
static bool record_write(const char *place, const char *link)
{
	AUTO_CLOSE int fd =
		open(RECORD, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[RECORD_MAX];
	int n = snprintf(text, sizeof(text), "%s/%s", place, link);

	return fd >= 0 && n < (int)sizeof(text) && write(fd, text, (size_t)n) == n;
}

static bool switch_off(int fd)
{
	return pwrite(fd, "0", 1, 0) == 1 || pwrite(fd, "0", 1, 0) == 1;
}

int promote_begin(struct backend_ctx *ctx, const struct object *object)
{
	const struct address *address = object->data;
	AUTO_CLOSE int fd = -1;
	char value = '1';

	if (!wants_another(ctx->want, object) && !has_foreign(ctx, object))
		return -1;
	fd = open_value(ctx, object->place, address->interface.name);
	if (fd < 0 || pread(fd, &value, 1, 0) != 1 || value != '0')
		return -1;
	if (record_write(object->place, address->interface.name) && pwrite(fd, "1", 1, 0) == 1)
		return TAKE(fd);
	unlink(RECORD);
	return -1;
}

/* Tried twice: there is no way back. */
int promote_end(int promotion, struct error *err)
{
	AUTO_CLOSE int fd = promotion;

	if (fd < 0)
		return 0;
	if (!switch_off(fd))
		return error_set(err, errno, "put promote_secondaries back: %s", strerror(errno));
	if (unlink(RECORD) < 0 && unlink(RECORD) < 0)
		return error_set(err, errno, "remove " RECORD ": %s", strerror(errno));
	return 0;
}

int promote_mend(struct backend_ctx *ctx, struct error *err)
{
	AUTO_CLOSE int record = open(RECORD, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;
	char text[RECORD_MAX], *link;
	ssize_t n = record < 0 ? 0 : read(record, text, sizeof(text) - 1);

	if (record < 0)
		return 0;
	text[n > 0 ? n : 0] = '\0';
	link = strrchr(text, '/'); /* in no interface's name */
	if (link) {
		*link++ = '\0';
		fd = open_value(ctx, text, link);
	}
	if (fd >= 0 && !switch_off(fd))
		return error_set(err, errno, "put promote_secondaries of %s back: %s", link,
				 strerror(errno));
	if (unlink(RECORD) < 0)
		return error_set(err, errno, "remove " RECORD ": %s", strerror(errno));
	return 0;
}
