/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a process is there: process 1 of a pid namespace that was killed, while it waits for the others in there. */
#include "backends/sim/process.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* A fork that sleeps for ever, in the pid namespace that was made last. */
static pid_t fork_sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* Exit status 0: all as expected; else the step that was not. Process 2 is our child, so it stays until we ask for it. */
static int watch_an_exit(void)
{
	struct error err = { 0 };
	struct process process;
	pid_t first, second;
	siginfo_t info;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return 1;
	first = fork_sleeper();
	second = fork_sleeper();
	if (first < 0 || second < 0 || process_identify(&process, first, &err) < 0)
		return 2;
	if (!process_is_alive(&process))
		return 3;
	if (kill(first, SIGKILL) < 0 || waitid(P_PID, (id_t)second, &info, WEXITED | WNOWAIT) < 0)
		return 4;
	if (waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT | WNOHANG) < 0 || info.si_pid != 0)
		return 5; /* it does not wait, so this shows nothing */
	if (process_is_alive(&process) || process_open(&process, &err) != -ESRCH)
		return 6;
	if (waitpid(second, NULL, 0) != second || waitpid(first, NULL, 0) != first)
		return 7;
	return process_end(&process, &err) == 0 ? 0 : 8;
}

static void test_one_that_exits_is_not_alive(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(watch_an_exit());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_that_exits_is_not_alive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
