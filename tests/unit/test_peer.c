/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers are found by address, whatever the port. */
#include "backends/tunnel/worker/peer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct worker_endpoint endpoint_number(unsigned i)
{
	struct worker_endpoint endpoint = { .family = i % 2 ? AF_INET6 : AF_INET, .port = 40000 };

	/* Neither sorted nor adjacent. */
	endpoint.address[0] = 10;
	endpoint.address[2] = (uint8_t)(i * 37);
	endpoint.address[3] = (uint8_t)i;
	return endpoint;
}

static void test_peer_is_found_by_address(void **state)
{
	struct worker_endpoint endpoint;
	union socket_address address;
	struct worker_config config;
	struct failure failure;
	struct peer_table table;
	char name[16];

	(void)state;
	worker_config_init(&config);
	for (unsigned i = 0; i < 101; i++) {
		endpoint = endpoint_number(i);
		snprintf(name, sizeof(name), "p%u", i);
		assert_int_equal(worker_config_add_peer(&config, name, &endpoint), 0);
	}
	assert_int_equal(peer_table_init(&table, &config, &failure), 0);
	for (unsigned i = 0; i < 110; i++) {
		endpoint = endpoint_number(i);
		endpoint.port = (uint16_t)(1 + i);
		endpoint_to_address(&endpoint, &address);
		assert_int_equal(peer_table_find(&table, &address), i < 101 ? (int)i : -1);
	}
	peer_table_clear(&table);
	worker_config_clear(&config);
}

static void test_same_address_twice_is_refused(void **state)
{
	struct worker_endpoint endpoint = endpoint_number(2);
	struct worker_config config;
	struct failure failure;
	struct peer_table table;

	(void)state;
	worker_config_init(&config);
	worker_config_add_peer(&config, "a", &endpoint);
	endpoint.port = 1;
	worker_config_add_peer(&config, "b", &endpoint);
	assert_int_equal(peer_table_init(&table, &config, &failure), -EINVAL);
	assert_non_null(strstr(failure.text, "same address"));
	worker_config_clear(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peer_is_found_by_address),
		cmocka_unit_test(test_same_address_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
