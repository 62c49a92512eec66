/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tunnel becomes a configuration and comes back as the same tunnel. */
#include "backends/tunnel/convert.h"
#include "model/classes.h"
#include "model/tunnel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct object *tunnel_new(struct model *model, const char *place)
{
	struct object *object = model_add(model, &class_tunnel, place, "lan");
	struct arena *arena = model_arena(model);
	struct tunnel *tunnel = object->data;
	struct tunnel_peer *peer;
	struct mac_item *mac;

	tunnel->encryption = TUNNEL_NONE;
	tunnel->interface.name = "vtap0";
	addr_parse(&tunnel->local, "192.0.2.1");
	tunnel->port = 40001;
	tunnel->settings.mac_learning = false;
	tunnel->settings.mac_limit = 5;
	tunnel->settings.mac_ageing = 6;
	tunnel->settings.do_not_fragment = true;
	tunnel->settings.flood.multicast = 7;
	tunnel->settings.flood.unknown = 0;
	tunnel->settings.offload.uso = tunnel->settings.offload.batch = false;
	peer = list_append(&tunnel->peers, &record_tunnel_peer, arena);
	peer->name = "beta";
	peer->endpoint = "192.0.2.5:40000";
	mac = list_append(&peer->macaddresses, &record_mac_item, arena);
	mac_parse(&mac->mac, "02:00:00:00:00:01");
	mac = list_append(&peer->macaddresses, &record_mac_item, arena);
	mac_parse(&mac->mac, "02:00:00:00:00:02");
	peer = list_append(&tunnel->peers, &record_tunnel_peer, arena);
	peer->name = "gamma";
	peer->endpoint = "[2001:DB8:0::5]:40000"; /* not as it is printed */
	return object;
}

static void test_tunnel_survives_configuration(void **state)
{
	struct model *want = model_new(), *have = model_new();
	struct object *wanted = tunnel_new(want, "ns1"), *live;
	struct worker_config config;
	const char *place, *name;
	struct error err;

	(void)state;
	assert_int_equal(tunnel_to_config(wanted, &config, &err), 0);
	assert_string_equal(config.label, "ns1/lan");
	assert_string_equal(config.interface, "vtap0");
	assert_int_equal(config.peers[1].endpoint.family, AF_INET6);
	assert_true(tunnel_label_split(config.label, &place, &name));
	live = model_add(have, &class_tunnel, place, name);
	tunnel_from_config(live, &config, wanted, model_arena(have));
	assert_int_equal(object_diff(wanted, live), 0);
	config.peers[0].endpoint.port++;
	tunnel_from_config(model_add(have, &class_tunnel, "ns1", "other"), &config, wanted,
			   model_arena(have));
	assert_int_not_equal(object_diff(wanted, model_find(have, &class_tunnel, "ns1", "other")),
			     0);
	worker_config_clear(&config);
	model_free(want);
	model_free(have);
}

static void test_label_of_the_host(void **state)
{
	struct model *model = model_new();
	char label[WORKER_LABEL_SIZE];
	const char *place, *name;

	(void)state;
	tunnel_label(model_add(model, &class_tunnel, "", "lan"), label);
	assert_string_equal(label, "host/lan");
	assert_true(tunnel_label_split(label, &place, &name));
	assert_string_equal(place, "");
	assert_string_equal(name, "lan");
	assert_false(tunnel_label_split((char[]){ "lan" }, &place, &name));
	assert_false(tunnel_label_split((char[]){ "/lan" }, &place, &name));
	assert_false(tunnel_label_split((char[]){ "host/" }, &place, &name));
	model_free(model);
}

static void test_encryption_comes_back_as_it_was_written(void **state)
{
	static char public_key[] = "haawbZT3EK2olkwOJFk068STxXfNhjMQJvGsBvubRG0=";
	static char peer_key[] = "dpCTVEk3H8uMNy0fCH9goRuNUBLhG50cmkbeXTecdDQ=";
	struct model *model = model_new(), *have = model_new();
	struct object *object = tunnel_new(model, ""), *seen;
	struct tunnel *tunnel = object->data;
	struct tunnel_peer *peer = tunnel->peers.items;
	struct worker_config config;
	struct error err;

	(void)state;
	tunnel->encryption = TUNNEL_NOISE;
	tunnel->public_key = public_key;
	tunnel->key_file = "/dev/null";
	tunnel->keepalive = 25;
	peer[0].public_key = peer_key;
	peer[0].endpoint = NULL;
	assert_int_equal(tunnel_to_config(object, &config, &err), 0);
	assert_int_equal(config.encryption, WORKER_NOISE);
	assert_int_equal(config.peers[0].endpoint.family, AF_UNSPEC);
	seen = model_add(have, &class_tunnel, "", "lan");
	tunnel_from_config(seen, &config, object, model_arena(have));
	assert_true(object_diff(object, seen) == 0);
	worker_config_clear(&config);

	tunnel->key_file = "/nowhere/at/all";
	assert_int_equal(tunnel_to_config(object, &config, &err), -ENOENT);
	assert_non_null(strstr(err.text, "vnetapply key new /nowhere/at/all"));
	worker_config_clear(&config);
	tunnel->key_file = "../key";
	assert_int_equal(tunnel_to_config(object, &config, &err), -EINVAL);
	worker_config_clear(&config);
	model_free(model);
	model_free(have);
}

static void test_key_files_are_found_by_name(void **state)
{
	char path[WORKER_PATH_SIZE], long_name[WORKER_PATH_SIZE + 1];

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", "/dev", 1);
	assert_true(tunnel_key_path("null", path));
	assert_string_equal(path, "/dev/null");
	assert_true(tunnel_key_path("edge-1", path));
	assert_string_equal(path, "/etc/vnetapply/keys/edge-1");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_true(tunnel_key_path("null", path));
	assert_string_equal(path, "/etc/vnetapply/keys/null");
	assert_true(tunnel_key_path("/a/b", path));
	assert_string_equal(path, "/a/b");
	assert_false(tunnel_key_path("a/b", path));
	memset(long_name, 'x', WORKER_PATH_SIZE);
	long_name[WORKER_PATH_SIZE] = '\0';
	assert_false(tunnel_key_path(long_name, path));
}

static void test_endpoint_texts(void **state)
{
	static const struct {
		const char *text, *printed; /* NULL: refused */
	} cases[] = {
		{ "192.0.2.5:1", "192.0.2.5:1" },
		{ "192.0.2.5", "192.0.2.5:40000" },
		{ "[2001:db8::5]:65535", "[2001:db8::5]:65535" },
		{ "2001:db8::5", "[2001:db8::5]:40000" },
		{ "[2001:db8::5]", "[2001:db8::5]:40000" },
		{ "192.0.2.5:0", NULL },
		{ "192.0.2.5:65536", NULL },
		{ "192.0.2.5:", NULL },
		{ "192.0.2.5:x", NULL },
		{ "[2001:db8::5", NULL },
		{ "[2001:db8::5]x", NULL },
		{ "192.0.2", NULL },
		{ "beta..example", NULL },
		{ "-beta", NULL },
		{ "beta:0", NULL },
		{ "be ta:40000", NULL },
		{ "", NULL },
	};
	char text[TUNNEL_ENDPOINT_MAX];
	struct worker_endpoint endpoint;
	char host[WORKER_HOST_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(tunnel_endpoint_parse(cases[i].text, 40000, &endpoint, host),
				 cases[i].printed != NULL);
		if (cases[i].printed)
			assert_string_equal(tunnel_endpoint_format(&endpoint, text),
					    cases[i].printed);
	}
	assert_true(tunnel_endpoint_parse("Beta.example:41000", 40000, &endpoint, host));
	assert_string_equal(host, "Beta.example");
	assert_int_equal(endpoint.family, AF_UNSPEC);
	assert_int_equal(endpoint.port, 41000);
	assert_true(tunnel_endpoint_parse("beta", 40000, &endpoint, host));
	assert_int_equal(endpoint.port, 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tunnel_survives_configuration),
		cmocka_unit_test(test_label_of_the_host),
		cmocka_unit_test(test_encryption_comes_back_as_it_was_written),
		cmocka_unit_test(test_key_files_are_found_by_name),
		cmocka_unit_test(test_endpoint_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
