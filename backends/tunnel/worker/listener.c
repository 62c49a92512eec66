/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listening on a unix socket. See unix(7).
 */
#include "backends/tunnel/worker/listener.h"
#include "backends/tunnel/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void address_fill(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, strnlen(path, sizeof(address->sun_path) - 1));
}

/* Does somebody listen at this address? Refused: its owner is dead. */
static int address_probe(const struct sockaddr_un *address, struct failure *failure)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), code;

	if (fd < 0)
		return failure_set_errno(failure, errno, "unix socket");
	code = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (code == 0 || code == EAGAIN)
		return failure_set(failure, EADDRINUSE, "%s: another worker is running",
				   address->sun_path);
	if (code != ECONNREFUSED && code != ENOENT)
		return failure_set_errno(failure, code, "%s", address->sun_path);
	if (code == ECONNREFUSED && unlink(address->sun_path) < 0 && errno != ENOENT)
		return failure_set_errno(failure, errno, "%s", address->sun_path);
	return 0;
}

static int listener_bind(const struct sockaddr_un *address, struct failure *failure)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t mask;
	int r;

	if (fd < 0)
		return failure_set_errno(failure, errno, "unix socket");
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	if (r == 0)
		r = listen(fd, 16);
	r = r < 0 ? failure_set_errno(failure, errno, "%s", address->sun_path) : fd;
	umask(mask);
	if (r < 0)
		close(fd);
	return r;
}

/* The lock on the directory makes probe, unlink and bind one step among workers that start. */
int listener_open(const char *path, struct failure *failure)
{
	struct sockaddr_un address;
	char copy[sizeof(address.sun_path)];
	int directory, r;

	address_fill(&address, path);
	memcpy(copy, address.sun_path, sizeof(copy));
	directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return failure_set_errno(failure, errno, "directory of %s", path);
	if (flock(directory, LOCK_EX) < 0) {
		close(directory);
		return failure_set_errno(failure, EIO, "lock of %s", path);
	}
	r = address_probe(&address, failure);
	if (r == 0)
		r = listener_bind(&address, failure);
	close(directory);
	return r;
}

int listener_accept(int fd)
{
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	socklen_t length = sizeof(struct ucred);
	struct ucred peer;

	if (client < 0)
		return -errno;
	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
	    (peer.uid != geteuid() && peer.uid != 0)) {
		close(client);
		return -EPERM;
	}
	return client;
}
