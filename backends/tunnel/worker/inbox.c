/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/inbox.h"

#include <errno.h>
#include <string.h>
#include <netinet/udp.h>

#ifndef UDP_GRO
#define UDP_GRO 104 /* <netinet/udp.h> before glibc 2.33 */
#endif

#define INBOX_BYTES (256u * 1024)

bool inbox_merge(int fd, bool merge)
{
	int value = merge;

	return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &value, sizeof(value)) == 0;
}

/*
 * As much as stays in the processor's cache until it is written to the TAP: many small messages
 * or a few that were merged. What came is the best guess of what comes.
 */
static unsigned room_next(const struct inbox *inbox, unsigned count)
{
	size_t bytes = 0;

	if (!count)
		return inbox->room;
	for (unsigned i = 0; i < count; i++)
		bytes += inbox->calls[i].msg_len;
	bytes /= count;
	return bytes * INBOX_MESSAGES <= INBOX_BYTES ? INBOX_MESSAGES
						     : (unsigned)(INBOX_BYTES / bytes);
}

int inbox_receive(struct inbox *inbox, int fd, bool batch)
{
	unsigned count = batch && inbox->room ? inbox->room : 1;
	int n;

	for (unsigned i = 0; i < count; i++) {
		inbox->parts[i] = (struct iovec){ inbox->buffers[i], INBOX_ROOM };
		inbox->calls[i].msg_hdr = (struct msghdr){
			.msg_name = &inbox->addresses[i],
			.msg_namelen = sizeof(inbox->addresses[i]),
			.msg_iov = &inbox->parts[i],
			.msg_iovlen = 1,
			.msg_control = inbox->control[i],
			.msg_controllen = sizeof(inbox->control[i]),
		};
	}
	n = recvmmsg(fd, inbox->calls, count, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	inbox->room = room_next(inbox, (unsigned)n);
	return n;
}

struct inbox_message inbox_message(struct inbox *inbox, unsigned i)
{
	struct mmsghdr *call = &inbox->calls[i];
	struct inbox_message message = {
		.from = &inbox->addresses[i],
		.data = inbox->buffers[i],
		.length = call->msg_len,
		.size = call->msg_len,
	};
	struct cmsghdr *option;
	int size = 0;

	for (option = CMSG_FIRSTHDR(&call->msg_hdr); option;
	     option = CMSG_NXTHDR(&call->msg_hdr, option))
		if (option->cmsg_level == IPPROTO_UDP && option->cmsg_type == UDP_GRO)
			memcpy(&size, CMSG_DATA(option), sizeof(size));
	if (size > 0 && (size_t)size < message.length)
		message.size = (size_t)size;
	return message;
}
