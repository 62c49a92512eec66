/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control messages: what is encoded decodes to the same, and nothing else decodes. */
#include "backends/tunnel/protocol.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static uint8_t message[WORKER_MESSAGE_MAX], again[WORKER_MESSAGE_MAX];

static const struct worker_endpoint endpoint_v4 = { AF_INET, 40000, { 192, 0, 2, 5 } };
static const struct worker_endpoint endpoint_v6 = { AF_INET6,
						    41000,
						    { 0x20, 1, 0xd, 0xb8, [15] = 5 } };

static void config_fill(struct worker_config *config)
{
	static const uint8_t macs[][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };

	worker_config_init(config);
	strcpy(config->interface, "vtap0");
	strcpy(config->label, "host/lan");
	config->mtu = 1458;
	config->local = (struct worker_endpoint){ AF_INET, 40001, { 192, 0, 2, 6 } };
	config->mac_learning = false;
	config->offloads = WORKER_OFFLOAD_TSO | WORKER_OFFLOAD_GRO;
	config->flood_limit[WORKER_FLOOD_UNKNOWN] = 0;
	config->mac_limit = 77;
	config->mac_ageing = 33;
	config->do_not_fragment = true;
	assert_int_equal(worker_config_add_peer(config, "beta", &endpoint_v4), 0);
	assert_int_equal(worker_config_add_mac(config, macs[0]), 0);
	assert_int_equal(worker_config_add_mac(config, macs[1]), 0);
	assert_int_equal(worker_config_add_peer(config, "gamma", &endpoint_v6), 0);
	strcpy(config->peers[1].host, "gamma.example");
	assert_int_equal(worker_config_add_endpoint(config, &endpoint_v4), 0);
	assert_int_equal(worker_config_add_endpoint(config, &endpoint_v6), 0);
	config->other_local = (struct worker_endpoint){ AF_INET6, 0, { 0x20, 1, 0x0d, 0xb8 } };
}

static void test_config_survives_the_wire(void **state)
{
	struct worker_config config, decoded;
	enum worker_message type;
	int n;

	(void)state;
	config_fill(&config);
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	assert_true(n > 0);
	assert_int_equal(worker_decode_type(message, (size_t)n, &type), 0);
	assert_int_equal(type, WORKER_CONFIGURE);
	assert_int_equal(worker_decode_config(message, (size_t)n, &decoded), 0);
	assert_string_equal(decoded.interface, "vtap0");
	assert_string_equal(decoded.label, "host/lan");
	assert_int_equal(decoded.mtu, 1458);
	assert_memory_equal(&decoded.local, &config.local, sizeof(config.local));
	assert_memory_equal(&decoded.other_local, &config.other_local, sizeof(config.local));
	assert_false(decoded.mac_learning);
	assert_int_equal(decoded.offloads, WORKER_OFFLOAD_TSO | WORKER_OFFLOAD_GRO);
	assert_memory_equal(decoded.flood_limit, config.flood_limit, sizeof(config.flood_limit));
	assert_int_equal(decoded.mac_limit, 77);
	assert_int_equal(decoded.mac_ageing, 33);
	assert_true(decoded.do_not_fragment);
	assert_int_equal(decoded.peer_count, 2);
	assert_memory_equal(decoded.peers, config.peers, 2 * sizeof(*config.peers));
	assert_int_equal(decoded.mac_count, 2);
	assert_memory_equal(decoded.macs, config.macs, 12);
	assert_true(worker_config_hash(&decoded) == worker_config_hash(&config));
	decoded.peers[1].endpoint.port++;
	assert_false(worker_config_hash(&decoded) == worker_config_hash(&config));
	worker_config_clear(&decoded);
	worker_config_clear(&config);
}

/* A worker of an earlier version does not know of other addresses, and need not where there are none. */
static void test_one_address_is_written_as_ever(void **state)
{
	struct worker_config config;
	struct worker_endpoint *others;
	int n, more;

	(void)state;
	config_fill(&config);
	others = config.peers[1].others;
	more = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	config.peers[1].other_count = 0;
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	assert_int_equal(more - n, 4 + (4 + 3 + 4) + (4 + 3 + 16));
	config.other_local = (struct worker_endpoint){ 0 };
	more = n;
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	assert_int_equal(more - n, 4 + 3 + 16);
	/* More than there may be is no message. */
	config.peers[1].other_count = 3;
	others[2] = endpoint_v4;
	assert_int_equal(worker_config_add_endpoint(&config, &endpoint_v4), -E2BIG);
	worker_config_clear(&config);
}

static void test_encryption_survives_the_wire(void **state)
{
	struct worker_config config, decoded;
	int n;

	(void)state;
	config_fill(&config);
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	config.encryption = WORKER_NOISE;
	config.keepalive = 25;
	strcpy(config.key_file, "/etc/vnetapply/keys/a");
	strcpy(config.psk_file, "/etc/vnetapply/keys/psk");
	strcpy(config.public_key, "haawbZT3EK2olkwOJFk068STxXfNhjMQJvGsBvubRG0=");
	strcpy(config.peers[1].public_key, "dpCTVEk3H8uMNy0fCH9goRuNUBLhG50cmkbeXTecdDQ=");
	/* What is in clear has nothing of it: an older worker understands it. */
	assert_true(worker_encode_config(WORKER_CONFIGURE, &config, again, sizeof(again)) > n);
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	assert_int_equal(worker_decode_config(message, (size_t)n, &decoded), 0);
	assert_int_equal(decoded.encryption, WORKER_NOISE);
	assert_int_equal(decoded.keepalive, 25);
	assert_string_equal(decoded.key_file, config.key_file);
	assert_string_equal(decoded.psk_file, config.psk_file);
	assert_string_equal(decoded.public_key, config.public_key);
	assert_string_equal(decoded.peers[0].public_key, "");
	assert_string_equal(decoded.peers[1].public_key, config.peers[1].public_key);
	assert_true(worker_config_hash(&config) == worker_config_hash(&decoded));
	worker_config_clear(&decoded);
	worker_config_clear(&config);
}

static void test_answered_config_has_the_namespace(void **state)
{
	struct worker_config config, decoded;
	int n;

	(void)state;
	config_fill(&config);
	config.netns_device = 4;
	config.netns_inode = 4026531840;
	n = worker_encode_config(WORKER_CONFIG, &config, message, sizeof(message));
	assert_int_equal(worker_decode_config(message, (size_t)n, &decoded), 0);
	assert_int_equal(decoded.netns_device, 4);
	assert_int_equal(decoded.netns_inode, 4026531840);
	worker_config_clear(&decoded);
	worker_config_clear(&config);
}

static void test_state_survives_the_wire(void **state)
{
	struct worker_peer_state peers[3] = {
		{ .name = "a",
		  .endpoint = endpoint_v4,
		  .heard_ago = 5,
		  .traffic = { 1, 2, 3, 4 },
		  .others = { endpoint_v6, endpoint_v4, endpoint_v6, endpoint_v4 },
		  .other_count = WORKER_ENDPOINTS_MAX,
		  .path_mtu = 1400,
		  .kernel_mtu = 1500,
		  .probed_mtu = 1400,
		  .rtt = 77 },
		{ .name = "b", .endpoint = endpoint_v6, .heard_ago = UINT64_MAX },
		{ .name = "c", .endpoint = endpoint_v4, .traffic = { .tx_bytes = UINT64_MAX } },
	};
	struct worker_state sent = { .config_hash = 1,
				     .uptime = 2,
				     .learned_macs = 3,
				     .static_macs = 4,
				     .mac_moves = 5,
				     .mac_refused = 6,
				     .receive_errors = 7,
				     .here_macs = 12,
				     .mac_limit = 13,
				     .mac_conflicts = 14,
				     .mac_flaps = 15,
				     .offloads_wanted = 16,
				     .offloads_known = 17,
				     .flaps = { { { 2, 1 }, { "a", "" }, 18, 19 },
						{ { 2, 2 }, { "b", "c" }, 20, 21 } },
				     .flap_count = 2,
				     .traffic = { 8, 9, 10, 11 },
				     .peers = peers,
				     .peer_count = 3,
				     .plane_uptime = 12,
				     .restarts = 13,
				     .last_end = "killed by signal 9 (Killed)",
				     .sandbox = { "65534", "on", "off: not in this kernel" } };
	struct worker_state decoded;
	int n;

	(void)state;
	for (int i = 0; i < WORKER_DROP_COUNT; i++)
		sent.drops[i] = 100 + (uint64_t)i;
	for (int i = 1; i < WORKER_DROP_COUNT; i++)
		peers[0].drops[i] = (uint64_t)1 << i;
	peers[2].drops[WORKER_DROP_REPLAY] = UINT64_MAX;
	n = worker_encode_state(&sent, message, sizeof(message));
	assert_int_equal(worker_decode_state(message, (size_t)n, &decoded), 0);
	assert_memory_equal(decoded.peers, peers, sizeof(peers));
	assert_memory_equal(&decoded.traffic, &sent.traffic, sizeof(sent.traffic));
	assert_memory_equal(decoded.drops, sent.drops, sizeof(sent.drops));
	assert_int_equal(decoded.peer_count, 3);
	assert_int_equal(decoded.flap_count, 2);
	assert_memory_equal(decoded.flaps, sent.flaps, sizeof(sent.flaps));
	assert_int_equal(decoded.learned_macs, 3);
	assert_int_equal(decoded.receive_errors, 7);
	assert_int_equal(decoded.plane_uptime, 12);
	assert_int_equal(decoded.restarts, 13);
	assert_string_equal(decoded.last_end, sent.last_end);
	assert_memory_equal(&decoded.sandbox, &sent.sandbox, sizeof(sent.sandbox));
	assert_int_equal(worker_encode_state(&decoded, again, sizeof(again)), n);
	assert_memory_equal(message, again, (size_t)n);
	worker_state_clear(&decoded);
}

/* A worker of a later version counts more, and says more. One of an earlier version says less. */
static void test_state_of_another_version_is_read(void **state)
{
	static const uint8_t later[] = { 0, 200, 0, 3, 'n', 'e', 'w' };
	struct worker_state sent = { .uptime = 2, .plane_uptime = 5 }, decoded;
	uint8_t *general = message + 8;
	size_t length;
	int n;

	(void)state;
	n = worker_encode_state(&sent, message, sizeof(message));
	length = (size_t)n + sizeof(later);
	memcpy(message + n, later, sizeof(later));
	message[6] = (uint8_t)(length >> 8);
	message[7] = (uint8_t)length;
	assert_int_equal(worker_decode_state(message, length, &decoded), 0);
	assert_int_equal(decoded.plane_uptime, 5);
	worker_state_clear(&decoded);
	/* A peer's path without what probes found, which then is what the kernel knows. */
	{
		struct worker_peer_state peer = { .name = "a", .handshake_ago = UINT64_MAX };

		peer.path_mtu = 1400;
		peer.rtt = 3;
		sent.peers = &peer;
		sent.peer_count = 1;
		length = (size_t)worker_encode_state(&sent, message, sizeof(message)) - 8;
		memmove(message + length - 4, message + length + 4, 4); /* no drops */
		message[6] = (uint8_t)(length >> 8);
		message[7] = (uint8_t)length;
		message[n + 3] -= 8;		  /* the peer */
		message[length - 4 - 8 - 1] -= 8; /* its path */
		assert_int_equal(worker_decode_state(message, length, &decoded), 0);
		assert_int_equal(decoded.peers[0].path_mtu, 1400);
		assert_int_equal(decoded.peers[0].kernel_mtu, 1400);
		assert_int_equal(decoded.peers[0].probed_mtu, 0);
		assert_int_equal(decoded.peers[0].rtt, 3);
		worker_state_clear(&decoded);
	}
	/* The general part alone, with eight bytes more than are known. */
	general[3] = (uint8_t)(general[3] + 8);
	length = 8u + 4 + general[3];
	message[6] = 0;
	message[7] = (uint8_t)length;
	assert_int_equal(worker_decode_state(message, length, &decoded), 0);
	assert_int_equal(decoded.uptime, 2);
	assert_true(decoded.plane_uptime == UINT64_MAX);
	worker_state_clear(&decoded);
	/* A part that is shorter than what it must have is no state. */
	message[6] = 0;
	message[7] = (uint8_t)(8 + 4 + 4);
	general[3] = 4;
	assert_int_equal(worker_decode_state(message, 16, &decoded), -EBADMSG);
}

/* What is no setting may be new; a setting may not. */
static void test_answer_of_a_later_worker_is_read(void **state)
{
	static const uint8_t informs[] = { 0x81, 0, 0, 1, 'x' };
	static const uint8_t setting[] = { 0x01, 0, 0, 1, 'x' };
	struct worker_config config, decoded;
	int n;

	(void)state;
	config_fill(&config);
	strcpy(config.build, "0123abcd");
	n = worker_encode_config(WORKER_CONFIG, &config, message, sizeof(message));
	message[6] = (uint8_t)((n + 5) >> 8);
	message[7] = (uint8_t)(n + 5);
	memcpy(message + n, informs, sizeof(informs));
	assert_int_equal(worker_decode_config(message, (size_t)n + 5, &decoded), 0);
	assert_string_equal(decoded.build, "0123abcd");
	worker_config_clear(&decoded);
	memcpy(message + n, setting, sizeof(setting));
	assert_int_equal(worker_decode_config(message, (size_t)n + 5, &decoded), -EPROTONOSUPPORT);
	/* In a request it is one too many. */
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	message[6] = (uint8_t)((n + 5) >> 8);
	message[7] = (uint8_t)(n + 5);
	memcpy(message + n, informs, sizeof(informs));
	assert_int_equal(worker_decode_config(message, (size_t)n + 5, &decoded), -EPROTONOSUPPORT);
	worker_config_clear(&config);
}

static void test_replacement_survives_the_wire(void **state)
{
	char program[WORKER_PATH_SIZE];
	int n;

	(void)state;
	n = worker_encode_replace("/usr/sbin/vnettunnel", message, sizeof(message));
	assert_int_equal(worker_decode_replace(message, (size_t)n, program), 0);
	assert_string_equal(program, "/usr/sbin/vnettunnel");
	n = worker_encode_replace("vnettunnel", message, sizeof(message));
	assert_int_equal(worker_decode_replace(message, (size_t)n, program), -EBADMSG);
	n = worker_encode_plain(WORKER_REPLACE, message, sizeof(message));
	assert_int_equal(worker_decode_replace(message, (size_t)n, program), -EBADMSG);
}

static void test_failure_survives_the_wire(void **state)
{
	char text[WORKER_TEXT_SIZE];
	int n, code;

	(void)state;
	n = worker_encode_failure(ENODEV, "interface x: does not exist", message, sizeof(message));
	assert_int_equal(worker_decode_failure(message, (size_t)n, &code, text), 0);
	assert_int_equal(code, ENODEV);
	assert_string_equal(text, "interface x: does not exist");
	n = worker_encode_failure(EIO, "", message, sizeof(message));
	assert_int_equal(worker_decode_failure(message, (size_t)n, &code, text), 0);
	assert_string_equal(text, "");
}

static void test_largest_configuration_fits(void **state)
{
	struct worker_config config, decoded;
	char name[WORKER_NAME_SIZE];
	int n;

	(void)state;
	worker_config_init(&config);
	strcpy(config.interface, "vtap0");
	config.encryption = WORKER_NOISE;
	memset(config.key_file, '/', sizeof(config.key_file) - 1);
	memset(config.psk_file, '/', sizeof(config.psk_file) - 1);
	for (unsigned i = 0; i < WORKER_PEERS_MAX; i++) {
		snprintf(name, sizeof(name), "%063u", i);
		assert_int_equal(worker_config_add_peer(&config, name, &endpoint_v6), 0);
		memset(config.peers[i].public_key, 'A', WORKER_KEY_TEXT - 1);
		memset(config.peers[i].host, 'h', WORKER_HOST_SIZE - 1);
		for (unsigned m = 0; m < WORKER_MACS_MAX / WORKER_PEERS_MAX; m++)
			assert_int_equal(
				worker_config_add_mac(&config, (const uint8_t[6]){ 2, (uint8_t)m }),
				0);
	}
	assert_int_equal(worker_config_add_peer(&config, "more", &endpoint_v6), -E2BIG);
	assert_int_equal(worker_config_add_mac(&config, (const uint8_t[6]){ 2 }), -E2BIG);
	n = worker_encode_config(WORKER_CONFIG, &config, message, sizeof(message));
	assert_true(n > 0);
	assert_int_equal(worker_decode_config(message, (size_t)n, &decoded), 0);
	assert_int_equal(decoded.mac_count, WORKER_MACS_MAX);
	worker_config_clear(&decoded);
	worker_config_clear(&config);
}

/* Every shorter message, and every message with one byte more, is refused. */
static void test_cut_messages_are_refused(void **state)
{
	struct worker_config config, decoded;
	int n;

	(void)state;
	config_fill(&config);
	n = worker_encode_config(WORKER_CONFIGURE, &config, message, sizeof(message));
	for (int i = 0; i < n; i++) {
		assert_true(worker_decode_config(message, (size_t)i, &decoded) < 0);
		/* With a header that agrees too, unless it ends between two attributes. */
		memcpy(again, message, (size_t)i);
		if (i < 8)
			continue;
		again[6] = (uint8_t)(i >> 8);
		again[7] = (uint8_t)i;
		if (worker_decode_config(again, (size_t)i, &decoded) == 0)
			worker_config_clear(&decoded);
	}
	message[n] = 0;
	assert_int_equal(worker_decode_config(message, (size_t)n + 1, &decoded), -EBADMSG);
	assert_int_equal(worker_encode_config(WORKER_CONFIGURE, &config, again, (size_t)n - 1),
			 -E2BIG);
	worker_config_clear(&config);
}

static void test_wrong_messages_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		int expected;
	} cases[] = {
		{ "", 0, -EBADMSG },
		{ "VT\x01\x01\0\0\0\x08", 8, -EBADMSG },	 /* no interface */
		{ "XT\x01\x01\0\0\0\x08", 8, -EBADMSG },	 /* no message */
		{ "VT\x02\x01\0\0\0\x08", 8, -EPROTONOSUPPORT }, /* later version */
		{ "VT\x01\x0a\0\0\0\x08", 8, -EPROTONOSUPPORT }, /* unknown type */
		{ "VT\x01\x02\0\0\0\x08", 8, -EBADMSG },	 /* not a configuration */
		{ "VT\x01\x01\0\0\0\x09", 8, -EBADMSG },	 /* says it is longer */
		{ "VT\x01\x01\0\0\0\x0d\0\x01\0\x01t", 13, 0 },	 /* interface t */
		{ "VT\x01\x01\0\0\0\x0d\0\x01\0\x02t", 13, -EBADMSG },
		{ "VT\x01\x01\0\0\0\x0d\0\x01\0\x01\0", 13, -EBADMSG }, /* NUL in the name */
		{ "VT\x01\x01\0\0\0\x0c\0\x01\0\0", 12, -EBADMSG },	/* empty name */
		{ "VT\x01\x01\0\0\0\x0d\0\x63\0\x01t", 13, -EPROTONOSUPPORT },
		{ "VT\x01\x01\0\0\0\x12\0\x01\0\x01t\0\x01\0\x01t", 18, -EBADMSG }, /* twice */
		{ "VT\x01\x01\0\0\0\x12\0\x01\0\x01t\0\x04\0\x01\x02", 18, -EBADMSG },
	};
	struct worker_config config;
	int r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = worker_decode_config((const uint8_t *)cases[i].bytes, cases[i].length, &config);
		assert_int_equal(r, cases[i].expected);
		if (r == 0)
			worker_config_clear(&config);
	}
}

static void test_file_names_replace_the_suffix(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(worker_file_name("/run/x/0a.sock", ".conf", name, sizeof(name)), 0);
	assert_string_equal(name, "/run/x/0a.conf");
	assert_int_equal(worker_file_name("/run/x/0a", ".log", name, sizeof(name)), 0);
	assert_string_equal(name, "/run/x/0a.log");
	assert_int_equal(worker_file_name("/run/x/0a.sock", ".conf", name, 14), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_survives_the_wire),
		cmocka_unit_test(test_one_address_is_written_as_ever),
		cmocka_unit_test(test_encryption_survives_the_wire),
		cmocka_unit_test(test_answered_config_has_the_namespace),
		cmocka_unit_test(test_state_survives_the_wire),
		cmocka_unit_test(test_state_of_another_version_is_read),
		cmocka_unit_test(test_answer_of_a_later_worker_is_read),
		cmocka_unit_test(test_replacement_survives_the_wire),
		cmocka_unit_test(test_failure_survives_the_wire),
		cmocka_unit_test(test_largest_configuration_fits),
		cmocka_unit_test(test_cut_messages_are_refused),
		cmocka_unit_test(test_wrong_messages_are_refused),
		cmocka_unit_test(test_file_names_replace_the_suffix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
