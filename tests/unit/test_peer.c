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
	const struct peer_place *place;
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
		place = peer_table_find(&table, &address);
		if (i < 101)
			assert_int_equal(place->peer, i);
		else
			assert_null(place);
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

static void test_peer_is_found_by_each_of_its_addresses(void **state)
{
	struct worker_endpoint endpoint;
	const struct peer_place *place;
	union socket_address address;
	struct worker_config config;
	struct failure failure;
	struct peer_table table;

	(void)state;
	worker_config_init(&config);
	for (unsigned i = 0; i < 6; i++) {
		endpoint = endpoint_number(i);
		if (i % 3 == 0)
			worker_config_add_peer(&config, i ? "b" : "a", &endpoint);
		else
			worker_config_add_endpoint(&config, &endpoint);
	}
	assert_int_equal(peer_table_init(&table, &config, &failure), 0);
	for (unsigned i = 0; i < 6; i++) {
		endpoint = endpoint_number(i);
		endpoint_to_address(&endpoint, &address);
		place = peer_table_find(&table, &address);
		assert_int_equal(place->peer, i / 3);
		assert_int_equal(place->number, i % 3);
	}
	peer_table_clear(&table);
	/* The second of one is the first of the other. */
	endpoint = endpoint_number(3);
	endpoint.port = 7;
	config.peers[0].others[0] = endpoint;
	assert_int_equal(peer_table_init(&table, &config, &failure), -EINVAL);
	assert_non_null(strstr(failure.text, "same address"));
	worker_config_clear(&config);
}

static void test_moving_forgets_the_path(void **state)
{
	struct worker_endpoint endpoint = endpoint_number(1);
	union socket_address address;
	struct peer peer = { .path = { .mtu = 1280, .limit = 1100 }, .segment_limit = 1 };

	(void)state;
	endpoint_to_address(&endpoint, &peer.address);
	address = peer.address;
	assert_false(peer_move(&peer, &address));
	assert_int_equal(peer.path.mtu, 1280);
	address.v6.sin6_port = htons(7);
	assert_true(peer_move(&peer, &address));
	assert_int_equal(peer.path.mtu, 0);
	assert_int_equal(peer.path.limit, 0);
	assert_int_equal(peer.segment_limit, 0);
}

static void test_reconfiguration_keeps_the_address_in_use(void **state)
{
	struct worker_endpoint first = endpoint_number(2), second = endpoint_number(3),
			       third = endpoint_number(5);
	struct worker_peer config = { .endpoint = first, .others = { second }, .other_count = 1 };
	struct peer old = { 0 }, next = { 0 };

	(void)state;
	reach_init(&old.reach, &config, 1);
	assert_true(reach_next(&old.reach, 1000));
	peer_move_on(&old);
	reach_init(&next.reach, &config, 1);
	peer_carry(&next, &old, false);
	assert_int_equal(next.reach.current, 1);
	assert_true(address_equal(&next.address, &old.address));
	/* It is another one's number. */
	config = (struct worker_peer){ .endpoint = second, .others = { third }, .other_count = 1 };
	reach_init(&next.reach, &config, 1);
	peer_carry(&next, &old, false);
	assert_int_equal(next.reach.current, 0);
	assert_true(address_equal(&next.address, &old.address));
	/* It is none any more. */
	config = (struct worker_peer){ .endpoint = third, .others = { first }, .other_count = 1 };
	next = (struct peer){ 0 };
	reach_init(&next.reach, &config, 1);
	endpoint_to_address(&third, &next.address);
	peer_carry(&next, &old, true);
	assert_int_equal(next.reach.current, 0);
	assert_true(address_equal(&next.address, &next.reach.all[0]));
	/* It has none, and is where it was heard. */
	config = (struct worker_peer){ 0 };
	next = (struct peer){ 0 };
	reach_init(&next.reach, &config, 1);
	peer_carry(&next, &old, true);
	assert_true(address_equal(&next.address, &old.address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peer_is_found_by_address),
		cmocka_unit_test(test_same_address_twice_is_refused),
		cmocka_unit_test(test_peer_is_found_by_each_of_its_addresses),
		cmocka_unit_test(test_moving_forgets_the_path),
		cmocka_unit_test(test_reconfiguration_keeps_the_address_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
