/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding, starting, asking and stopping a real worker. It needs no privilege until it has an interface. */
#include "backends/tunnel/client.h"
#include "backends/tunnel/start.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static char directory[64], control[96], program[PATH_MAX];

static const struct worker_start start = {
	.control = control, .name = "test/lan", .unit = "vnettunnel-test", .program = program
};

/* The worker of this build: two directories above the test. */
static int group_setup(void **state)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 32);
	char *slash;

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < 3; i++) {
		slash = strrchr(program, '/');
		assert_non_null(slash);
		*slash = '\0';
	}
	strcat(program, "/vnettunnel");
	strcpy(directory, "/tmp/vnet-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(control, sizeof(control), "%s/run/0a1b.sock", directory);
	return 0;
}

static int group_teardown(void **state)
{
	static const char *const names[] = { "run/0a1b.sock", "run/0a1b.conf", "run/0a1b.log",
					     "run", "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		if (unlink(path) < 0)
			rmdir(path);
	}
	return 0;
}

static int started(void)
{
	struct error err;
	int fd = -1;

	if (worker_start(&start, &fd, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(fd >= 0);
	return fd;
}

static void test_nobody_is_found(void **state)
{
	struct error err;
	int fd = 7;

	(void)state;
	assert_int_equal(worker_find("/nonexistent/x.sock", &fd, &err), 0);
	assert_int_equal(fd, -1);
}

static void test_started_worker_is_found_asked_and_stopped(void **state)
{
	struct worker_config config = { 0 };
	struct worker_state report = { 0 };
	AUTO_CLOSE int fd = started(), other = -1, after = -1;
	struct error err;

	(void)state;
	assert_int_equal(worker_find(control, &other, &err), 0);
	assert_true(other >= 0);
	assert_int_equal(worker_query(other, &config, &err), -ENODATA);
	assert_int_equal(worker_status(other, &report, &err), 0);
	assert_int_equal(report.peer_count, 0);
	worker_state_clear(&report);
	assert_int_equal(worker_stop(fd, &err), 0);
	assert_int_equal(worker_find(control, &after, &err), 0);
	assert_int_equal(after, -1);
	assert_int_equal(access(control, F_OK), -1);
}

static void test_refused_configuration_brings_the_reason(void **state)
{
	struct worker_config config;
	AUTO_CLOSE int fd = started();
	struct error err;

	(void)state;
	worker_config_init(&config);
	strcpy(config.interface, "no-such-tap");
	assert_int_equal(worker_configure(fd, &config, &err), -ENODEV);
	assert_non_null(strstr(err.text, "interface no-such-tap: does not exist"));
	worker_config_clear(&config);
	assert_int_equal(worker_stop(fd, &err), 0);
}

static void test_second_worker_is_refused(void **state)
{
	AUTO_CLOSE int fd = started();
	struct error err;
	int second = -1;

	(void)state;
	assert_true(worker_start(&start, &second, &err) < 0);
	assert_non_null(strstr(err.text, "another worker is running"));
	assert_int_equal(worker_stop(fd, &err), 0);
}

static void test_worker_inherits_no_descriptor(void **state)
{
	int lock = open("/tmp", O_RDONLY | O_DIRECTORY), count = 0; /* not O_CLOEXEC */
	AUTO_CLOSE int fd = started();
	char path[64], target[64];
	struct ucred peer;
	socklen_t length = sizeof(peer);
	struct error err;

	(void)state;
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length), 0);
	for (int i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", peer.pid, i);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		assert_string_not_equal(target, "/tmp");
		count++;
	}
	assert_true(count >= 5);
	close(lock);
	assert_int_equal(worker_stop(fd, &err), 0);
}

static void test_missing_program_is_named(void **state)
{
	struct worker_start wrong = start;
	struct error err;
	int fd = -1;

	(void)state;
	wrong.program = "/nonexistent/vnettunnel";
	assert_true(worker_start(&wrong, &fd, &err) < 0);
	assert_string_equal(err.text,
			    "start vnettunnel: /nonexistent/vnettunnel: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_is_found),
		cmocka_unit_test(test_started_worker_is_found_asked_and_stopped),
		cmocka_unit_test(test_refused_configuration_brings_the_reason),
		cmocka_unit_test(test_second_worker_is_refused),
		cmocka_unit_test(test_worker_inherits_no_descriptor),
		cmocka_unit_test(test_missing_program_is_named),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
