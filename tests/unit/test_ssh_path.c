/* SPDX-License-Identifier: GPL-2.0-or-later */
/* $SSH_CONNECTION, as sshd writes it and as anybody else might. */
#include "cmd/ssh_path.h"

#include "model/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_both_ends_are_read(void **state)
{
	static const struct {
		const char *text, *client, *server;
	} rows[] = {
		{ "192.0.2.1 50000 192.0.2.2 22", "192.0.2.1", "192.0.2.2" },
		{ "2001:db8::1 50000 2001:db8::2 22", "2001:db8::1", "2001:db8::2" },
		{ "fe80::1%eth0 50000 fe80::2%eth0 22", "fe80::1", "fe80::2" },
	};
	struct addr client, server;
	char text[ADDR_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(ssh_path_parse(rows[i].text, &client, &server));
		assert_string_equal(addr_format(&client, text), rows[i].client);
		assert_string_equal(addr_format(&server, text), rows[i].server);
	}
}

static void test_anything_else_is_no_connection(void **state)
{
	static const char *const rows[] = { "", "192.0.2.1", "192.0.2.1 x 192.0.2.2 22",
					    "UNKNOWN 65535 UNKNOWN 65535",
					    "192.0.2.1 50000 name 22" };
	struct addr client, server;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_false(ssh_path_parse(rows[i], &client, &server));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ends_are_read),
		cmocka_unit_test(test_anything_else_is_no_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
