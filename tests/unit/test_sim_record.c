/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of simulations: read back, stale, locked, of somebody else; and processes known by start time. */
#include "backends/sim.h"
#include "backends/sim/record.h"

#include "model/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

static char base[] = "/tmp/vnetapply-test-XXXXXX";

static void path_of(char ret[PATH_MAX], const char *name)
{
	snprintf(ret, PATH_MAX, "%s/%s", base, name);
}

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void test_process_is_known_by_its_start(void **state)
{
	pid_t pid = start_sleeper();
	struct process process, other;
	struct error err = { 0 };

	(void)state;
	assert_true(pid > 0);
	assert_int_equal(process_identify(&process, pid, &err), 0);
	assert_true(process_is_alive(&process));
	other = process;
	other.start++; /* the number, used again */
	assert_false(process_is_alive(&other));
	assert_int_equal(process_end(&other, &err), 0);
	assert_true(process_is_alive(&process));
	assert_int_equal(process_end(&process, &err), 0);
	assert_false(process_is_alive(&process)); /* a zombie is none */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_end(&process, &err), 0);
	assert_int_equal(process_identify(&other, pid, &err), -ESRCH);
}

static void test_record_reads_back(void **state)
{
	const struct process process = { 4711, 123456789012345 };
	struct process back;
	struct error err = { 0 };
	char directory[PATH_MAX], file[PATH_MAX + 16];
	FILE *stream;

	(void)state;
	path_of(directory, "net");
	assert_int_equal(sim_record_read(directory, RECORD_HOLDER).pid, 0);
	assert_int_equal(sim_record_write(directory, RECORD_HOLDER, &process, &err), 0);
	back = sim_record_read(directory, RECORD_HOLDER);
	assert_int_equal(back.pid, process.pid);
	assert_true(back.start == process.start);
	snprintf(file, sizeof(file), "%s/%s", directory, RECORD_HOLDER);
	stream = fopen(file, "w");
	assert_non_null(stream);
	fputs("12", stream); /* cut */
	fclose(stream);
	assert_int_equal(sim_record_read(directory, RECORD_HOLDER).pid, 0);
	assert_int_equal(sim_record_clear(base, directory, &err), 0);
	assert_int_not_equal(access(directory, F_OK), 0);
	assert_int_equal(mkdir(base, 0700), 0); /* went with its last record */
}

static void test_lock_is_exclusive(void **state)
{
	struct error err = { 0 };
	char directory[PATH_MAX];
	int first, second;

	(void)state;
	path_of(directory, "lock");
	first = sim_record_lock(directory, 0, &err);
	assert_true(first >= 0);
	assert_int_equal(sim_record_lock(directory, 60, &err), -EAGAIN);
	assert_int_equal(rmdir(directory), 0);
	/* Of what was removed nobody can have the lock. */
	second = sim_record_lock(directory, 0, &err);
	assert_true(second >= 0);
	close(first);
	close(second);
	assert_int_equal(rmdir(directory), 0);
}

static void test_directory_of_others_is_refused(void **state)
{
	struct error err = { 0 };
	char directory[PATH_MAX];

	(void)state;
	path_of(directory, "open");
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(sim_record_lock(directory, 0, &err), -EPERM);
	assert_int_equal(rmdir(directory), 0);
}

static int make_base(void **state)
{
	(void)state;
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	(void)state;
	return rmdir(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process_is_known_by_its_start),
		cmocka_unit_test(test_record_reads_back),
		cmocka_unit_test(test_lock_is_exclusive),
		cmocka_unit_test(test_directory_of_others_is_refused),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
