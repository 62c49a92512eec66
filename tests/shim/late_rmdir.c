/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into vnetapply by LD_PRELOAD, in tests alone: rmdir(2) waits until the file VNET_LATE_UNTIL is there, ten
 * seconds at most.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int rmdir(const char *path)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	int (*real)(const char *) = (int (*)(const char *))(uintptr_t)dlsym(RTLD_NEXT, "rmdir");
	const char *file = getenv("VNET_LATE_UNTIL");

	for (int i = 0; file && i < 1000 && access(file, F_OK) != 0; i++)
		nanosleep(&pause, NULL);
	return real(path);
}
