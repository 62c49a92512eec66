/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The build id of a program, and what passes from one program to the next that takes its place.
 */
#include "backends/tunnel/protocol_build.h"
#include "backends/tunnel/worker/replace.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void test_program_has_a_build(void **state)
{
	char build[WORKER_BUILD_SIZE] = "x";

	(void)state;
	worker_build_read("/proc/self/exe", build);
	assert_in_range(strlen(build), 16, WORKER_BUILD_SIZE - 1);
	assert_int_equal(strspn(build, "0123456789abcdef"), strlen(build));
}

/* Our own file, cut off or damaged everywhere in its first part. */
static void test_damaged_files_have_none_or_another(void **state)
{
	char path[] = "/tmp/vnet-build-XXXXXX", build[WORKER_BUILD_SIZE];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = mkstemp(path);
	uint8_t data[4096];
	ssize_t n = read(from, data, sizeof(data));

	(void)state;
	assert_true(n == (ssize_t)sizeof(data) && to >= 0);
	for (size_t length = 0; length < 1024; length += 7) {
		assert_int_equal(ftruncate(to, 0), 0);
		assert_int_equal(pwrite(to, data, length, 0), (ssize_t)length);
		worker_build_read(path, build);
		assert_true(strlen(build) < WORKER_BUILD_SIZE);
	}
	for (size_t i = 0; i < 1024; i++) {
		data[i] ^= 0xff;
		assert_int_equal(pwrite(to, data, sizeof(data), 0), (ssize_t)sizeof(data));
		data[i] ^= 0xff;
		worker_build_read(path, build);
		assert_true(strlen(build) < WORKER_BUILD_SIZE);
	}
	worker_build_read("/nowhere/at/all", build);
	assert_string_equal(build, "");
	unlink(path);
	close(from);
	close(to);
}

static void test_replacement_is_read(void **state)
{
	struct replacement replacement;

	(void)state;
	/* A later version may have more of them. */
	assert_true(replace_parse("listener=100,client=101,tap=102,v6=103,plane=104,pid=7,new=8",
				  &replacement));
	assert_int_equal(replacement.listener, 100);
	assert_int_equal(replacement.client, 101);
	assert_int_equal(replacement.descriptors.fds[DESCRIPTOR_TAP], 102);
	assert_int_equal(replacement.descriptors.fds[DESCRIPTOR_SOCKETS + SOCKET_V4], -1);
	assert_int_equal(replacement.descriptors.fds[DESCRIPTOR_SOCKETS + SOCKET_V6], 103);
	assert_int_equal(replacement.plane_socket, 104);
	assert_int_equal(replacement.plane_pid, 7);
	assert_false(replace_parse("", &replacement));
	assert_false(replace_parse("tap=3", &replacement));
	assert_false(replace_parse("listener=x", &replacement));
	assert_false(replace_parse("listener=-2", &replacement));
	assert_false(replace_parse("listener=1,", &replacement));
	assert_false(replace_parse("listener=99999999999", &replacement));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program_has_a_build),
		cmocka_unit_test(test_damaged_files_have_none_or_another),
		cmocka_unit_test(test_replacement_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
