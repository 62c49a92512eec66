/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into vnettunnel by LD_PRELOAD, in tests alone: what a data plane that was taken over would try.
 *
 *   VNET_SANDBOX_OFF=WORDS   parts that are not shut: "seccomp", "landlock", "user", each followed by a comma
 *   VNET_SANDBOX_PROGRAM=FILE is executed for /proc/self/exe, which under valgrind is valgrind itself
 *   VNET_SANDBOX_TRY=open    on SIGUSR1, also inside of the sandbox, open a file that everybody may read; or
 *   VNET_SANDBOX_TRY=socket  make a socket; the outcome is written to standard error
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

int setresuid(uid_t real, uid_t effective, uid_t saved);
long syscall(long number, ...);

static bool tries_socket;

static bool is_off(const char *part)
{
	const char *words = getenv("VNET_SANDBOX_OFF");

	return words && strstr(words, part);
}

long syscall(long number, ...)
{
	static long (*real)(long number, ...);
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if ((number == SYS_seccomp && is_off("seccomp,")) ||
	    (number == 444 /* landlock_create_ruleset */ && is_off("landlock,"))) {
		errno = ENOSYS;
		return -1;
	}
	if (!real)
		real = (long (*)(long, ...))(uintptr_t)dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int execv(const char *path, char *const arguments[])
{
	const char *program = getenv("VNET_SANDBOX_PROGRAM");

	return execve(program && strcmp(path, "/proc/self/exe") == 0 ? program : path, arguments,
		      environ);
}

int setresuid(uid_t real, uid_t effective, uid_t saved)
{
	if (!is_off("user,"))
		return (int)syscall(SYS_setresuid, real, effective, saved);
	errno = EINVAL;
	return -1;
}

static void attempt(int signal_number)
{
	long r;

	(void)signal_number;
	r = tries_socket ? syscall(SYS_socket, 2, 2, 0)
			 : syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
	if (r >= 0)
		(void)!write(STDERR_FILENO, "attempt: succeeded\n", 19);
	else if (errno == EACCES)
		(void)!write(STDERR_FILENO, "attempt: EACCES\n", 16);
	else
		(void)!write(STDERR_FILENO, "attempt: failed\n", 16);
}

__attribute__((constructor)) static void begin(void)
{
	const char *what = getenv("VNET_SANDBOX_TRY");
	struct sigaction action = { .sa_handler = attempt };

	if (!what)
		return;
	tries_socket = strcmp(what, "socket") == 0;
	sigaction(SIGUSR1, &action, NULL);
}
