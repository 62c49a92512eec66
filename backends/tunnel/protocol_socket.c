/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/protocol_socket.h"
#include "backends/tunnel/protocol_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#define DATAGRAM_MAX                                                                               \
	(192u * 1024) /* the default of net.core.wmem_max is 208 KiB, before it is doubled */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8u /* <sys/mman.h> before Linux 6.3 */
#endif

int worker_memory_open(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("vnetapply", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("vnetapply", flags);
	return fd < 0 ? -errno : fd;
}

int worker_memory_write(int fd, const uint8_t *data, size_t length)
{
	size_t at = 0;
	ssize_t n;

	while (at < length) {
		n = write(fd, data + at, length - at);
		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int worker_memory_new(const uint8_t *data, size_t length)
{
	int fd = worker_memory_open(), r;

	if (fd < 0)
		return fd;
	r = worker_memory_write(fd, data, length);
	if (r == 0 && (fcntl(fd, F_ADD_SEALS, SEALS) < 0 || lseek(fd, 0, SEEK_SET) < 0))
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int worker_memory_of_config(const struct worker_config *config)
{
	uint8_t *message = malloc(WORKER_MESSAGE_MAX);
	int r = -ENOMEM;

	if (message)
		r = worker_encode_config(WORKER_CONFIGURE, config, message, WORKER_MESSAGE_MAX);
	if (r >= 0)
		r = worker_memory_new(message, (size_t)r);
	free(message);
	return r;
}

ssize_t worker_memory_read(int fd, uint8_t *data, size_t size)
{
	size_t at = 0;
	uint8_t more;
	ssize_t n;

	do {
		n = at < size ? pread(fd, data + at, size - at, (off_t)at)
			      : pread(fd, &more, sizeof(more), (off_t)at);
		if (n > 0 && at == size)
			return -E2BIG;
		at += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : (ssize_t)at;
}

/* Only files in memory have seals: nothing else is read, which might keep its reader waiting. */
static bool memory_is_sealed(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}

union right {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(int))];
};

static int descriptor_send(int socket, const uint8_t *header, int fd)
{
	union right right = { .header = { .cmsg_len = CMSG_LEN(sizeof(fd)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (void *)(uintptr_t)header, WORKER_HEADER_SIZE };
	struct msghdr call = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = &right,
			       .msg_controllen = sizeof(right) };

	memcpy(CMSG_DATA(&right.header), &fd, sizeof(fd));
	return sendmsg(socket, &call, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int worker_message_send(int socket, const uint8_t *data, size_t length)
{
	int fd, r;

	if (length <= DATAGRAM_MAX)
		return send(socket, data, length, MSG_NOSIGNAL) < 0 ? -errno : 0;
	fd = worker_memory_new(data, length);
	if (fd < 0)
		return fd;
	r = descriptor_send(socket, data, fd);
	close(fd);
	return r;
}

ssize_t worker_message_receive(int socket, uint8_t *data, size_t size, int flags)
{
	struct iovec part = { data, size };
	union right right;
	struct msghdr call = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = &right,
			       .msg_controllen = sizeof(right) };
	const struct cmsghdr *header;
	ssize_t n = recvmsg(socket, &call, flags | MSG_CMSG_CLOEXEC);
	int fd;

	if (n < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&call);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(fd)))
		return n;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	n = memory_is_sealed(fd) ? worker_memory_read(fd, data, size) : -EBADMSG;
	close(fd);
	return n;
}
