/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into vnettunnel by LD_PRELOAD, in tests alone: clocks that somebody sets.
 *
 *   VNET_CLOCK=FILE   two numbers of 8 bytes, in seconds, in the machine's byte order: what is added to
 *                     CLOCK_REALTIME, and what to CLOCK_BOOTTIME, as a sleep does
 *
 * The file is mapped before the data plane has no way to files any more, and can change at any time. A timer that
 * was armed before a sleep still ends when it would have: the kernel's clock knows nothing of it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offsets; /* NULL: none */

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("VNET_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, 2 * sizeof(*offsets), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		offsets = map;
}

static int64_t offset_of(clockid_t clock)
{
	if (!offsets)
		return 0;
	return clock == CLOCK_REALTIME ? offsets[0] : clock == CLOCK_BOOTTIME ? offsets[1] : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	static int (*real)(clockid_t, struct timespec *);
	int r;

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))(uintptr_t)dlsym(RTLD_NEXT,
									       "clock_gettime");
	r = real(clock, ret);
	if (r == 0)
		ret->tv_sec += offset_of(clock);
	return r;
}

/* All of the worker's timers are of CLOCK_BOOTTIME. What is due by our clock ends at once. */
int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
	static int (*real)(int, int, const struct itimerspec *, struct itimerspec *);
	struct itimerspec shifted = *when;

	if (!real)
		real = (int (*)(int, int, const struct itimerspec *, struct itimerspec *))(
			uintptr_t)dlsym(RTLD_NEXT, "timerfd_settime");
	if (flags & TFD_TIMER_ABSTIME && (when->it_value.tv_sec || when->it_value.tv_nsec)) {
		shifted.it_value.tv_sec -= offset_of(CLOCK_BOOTTIME);
		if (shifted.it_value.tv_sec < 0)
			shifted.it_value = (struct timespec){ .tv_nsec = 1 };
	}
	return real(fd, flags, &shifted, old);
}
