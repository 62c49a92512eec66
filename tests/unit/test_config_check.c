/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations that a worker refuses before it opens anything. */
#include "backends/tunnel/worker/config_check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct worker_endpoint here = { AF_INET, 40000, { 192, 0, 2, 1 } };
static const struct worker_endpoint there = { AF_INET, 40000, { 192, 0, 2, 2 } };

static const struct worker_endpoint there_v6 = { AF_INET6,
						 40000,
						 { 0x20, 1, 0x0d, 0xb8, [15] = 2 } };

static void expect_refusal(void (*spoil)(struct worker_config *config), const char *text)
{
	struct worker_config config;
	struct failure failure;

	worker_config_init(&config);
	strcpy(config.interface, "vtap0");
	config.local = here;
	worker_config_add_peer(&config, "b", &there);
	assert_int_equal(config_check(&config, &failure), 0);
	spoil(&config);
	assert_int_equal(config_check(&config, &failure), -EINVAL);
	assert_non_null(strstr(failure.text, text));
	worker_config_clear(&config);
}

static void no_interface(struct worker_config *config)
{
	config->interface[0] = '\0';
}

static void small_mtu(struct worker_config *config)
{
	config->mtu = WORKER_MTU_MIN - 1;
}

static void large_mtu(struct worker_config *config)
{
	config->mtu = WORKER_MTU_MAX + 1;
}

static void no_port(struct worker_config *config)
{
	config->local.port = 0;
}

static void peer_without_port(struct worker_config *config)
{
	config->peers[0].endpoint.port = 0;
}

static void peer_without_address(struct worker_config *config)
{
	memset(config->peers[0].endpoint.address, 0, 16);
}

static void multicast_peer(struct worker_config *config)
{
	config->peers[0].endpoint.address[0] = 239;
}

static void other_family(struct worker_config *config)
{
	config->peers[0].endpoint.family = AF_INET6;
	config->peers[0].endpoint.address[0] = 0x20;
}

static void another_family(struct worker_config *config)
{
	worker_config_add_endpoint(config, &there_v6);
}

static void another_without_port(struct worker_config *config)
{
	worker_config_add_endpoint(config, &there);
	config->peers[0].others[0].port = 0;
}

static void only_another(struct worker_config *config)
{
	config->encryption = WORKER_NOISE;
	worker_config_add_endpoint(config, &there);
	config->peers[0].endpoint = (struct worker_endpoint){ 0 };
}

static void two_locals_of_one_family(struct worker_config *config)
{
	config->other_local = there;
}

static void another_local_alone(struct worker_config *config)
{
	config->local = (struct worker_endpoint){ .port = 40000 };
	config->other_local = there_v6;
}

static void same_name(struct worker_config *config)
{
	worker_config_add_peer(config, "b", &here);
}

static void group_mac(struct worker_config *config)
{
	worker_config_add_mac(config, (const uint8_t[6]){ 1 });
}

static void many_macs(struct worker_config *config)
{
	config->mac_limit = WORKER_MAC_LIMIT_MAX + 1;
}

static void test_config_check_refuses(void **state)
{
	(void)state;
	expect_refusal(no_interface, "no interface");
	expect_refusal(small_mtu, "mtu 67");
	expect_refusal(large_mtu, "mtu 65490");
	expect_refusal(no_port, "no port");
	expect_refusal(peer_without_port, "a port");
	expect_refusal(peer_without_address, "unicast address");
	expect_refusal(multicast_peer, "unicast address");
	expect_refusal(other_family, "address family");
	expect_refusal(another_family, "address family");
	expect_refusal(another_without_port, "a port");
	expect_refusal(only_another, "without a first");
	expect_refusal(two_locals_of_one_family, "of another family");
	expect_refusal(another_local_alone, "of another family");
	expect_refusal(same_name, "given twice");
	expect_refusal(group_mac, "group address");
	expect_refusal(many_macs, "mac limit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_check_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
