/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope-bound cleanup of handles: AUTO_CLOSE int fd = -1; AUTO_FREE char *text = NULL;
 * Ownership is passed on with TAKE(fd) or TAKE_PTR(text), which leave "nothing" behind.
 */
#ifndef MODEL_CLEANUP_H
#define MODEL_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_file(FILE *const *file)
{
	if (*file)
		fclose(*file);
}

static inline int cleanup_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))
#define AUTO_FREE  __attribute__((cleanup(cleanup_free)))
#define AUTO_FILE  __attribute__((cleanup(cleanup_file)))

#define TAKE(fd) cleanup_take_fd(&(fd))
#define TAKE_PTR(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
