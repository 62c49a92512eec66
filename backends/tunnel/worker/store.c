/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving and loading one message.
 */
#include "backends/tunnel/worker/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int store_save(const char *path, const uint8_t *message, size_t length, struct failure *failure)
{
	char temporary[PATH_MAX];
	ssize_t n;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return failure_set(failure, ENAMETOOLONG, "%s: name too long", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failure_set_errno(failure, errno, "%s", temporary);
	n = write(fd, message, length);
	close(fd);
	if (n != (ssize_t)length || rename(temporary, path) < 0) {
		unlink(temporary);
		return failure_set(failure, EIO, "%s: cannot be written", path);
	}
	return 0;
}

int store_load(const char *path, uint8_t *message, size_t size, struct failure *failure)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return failure_set_errno(failure, errno, "%s", path);
	n = read(fd, message, size);
	close(fd);
	if (n < 0)
		return failure_set_errno(failure, EIO, "%s", path);
	return (int)n;
}
