/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages with descriptors: unix(7), SCM_RIGHTS.
 */
#include "backends/tunnel/worker/handover.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#define PATIENCE 5 /* seconds; two times this is less than a client waits */

union rights {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(DESCRIPTOR_COUNT * sizeof(int))];
};

static void rights_put(struct msghdr *call, union rights *rights, const struct descriptors *fds)
{
	int list[DESCRIPTOR_COUNT];
	size_t count = 0;

	for (int i = 0; fds && i < DESCRIPTOR_COUNT; i++)
		if (fds->fds[i] >= 0)
			list[count++] = fds->fds[i];
	if (count == 0)
		return;
	memset(rights, 0, sizeof(*rights));
	call->msg_control = rights;
	call->msg_controllen = CMSG_SPACE(count * sizeof(int));
	rights->header.cmsg_level = SOL_SOCKET;
	rights->header.cmsg_type = SCM_RIGHTS;
	rights->header.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&rights->header), list, count * sizeof(int));
}

int handover_send(int socket, const struct handover_header *header, const void *body, size_t length,
		  const struct descriptors *fds)
{
	struct iovec parts[2] = { { (void *)(uintptr_t)header, sizeof(*header) },
				  { (void *)(uintptr_t)body, length } };
	struct msghdr call = { .msg_iov = parts, .msg_iovlen = 2 };
	union rights rights;
	ssize_t n;

	rights_put(&call, &rights, fds);
	do
		n = sendmsg(socket, &call, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t handover_receive(int socket, uint8_t *data, struct descriptors *fds, int flags)
{
	struct iovec part = { data, HANDOVER_MAX };
	union rights rights;
	struct msghdr call = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = &rights,
			       .msg_controllen = CMSG_LEN(sizeof(fds->fds)) };
	struct cmsghdr *header;
	ssize_t n;

	*fds = (struct descriptors)DESCRIPTORS_NONE;
	do
		n = recvmsg(socket, &call, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&call);
	/* No more than there is room for: what comes from the data plane is not to be trusted. */
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len <= CMSG_LEN(sizeof(fds->fds)))
		memcpy(fds->fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
	return n;
}

bool handover_header(const uint8_t *data, size_t length, struct handover_header *ret)
{
	if (length < sizeof(*ret))
		return false;
	memcpy(ret, data, sizeof(*ret));
	return true;
}

int handover_pair(int ret[2])
{
	struct timeval patience = { .tv_sec = PATIENCE };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0)
		return -errno;
	if (setsockopt(ret[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	    setsockopt(ret[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0)
		return 0;
	close(ret[0]);
	close(ret[1]);
	return -EIO;
}
