/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where frames go: split horizon, flooding, known addresses. */
#include "backends/tunnel/worker/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const uint8_t known[6] = { 2, 0, 0, 0, 0, 1 }, fixed[6] = { 2, 0, 0, 0, 0, 2 },
		     unknown[6] = { 2, 0, 0, 0, 0, 3 },
		     broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		     group[6] = { 0x33, 0x33, 0, 0, 0, 1 };

static struct forward decide(const struct mac_table *macs, uint32_t peers, const uint8_t *to,
			     int origin, uint64_t now)
{
	uint8_t frame[14] = { [6] = 2, [11] = 9, [12] = 8 };

	memcpy(frame, to, 6);
	return forward_decide(macs, peers, frame, origin, now);
}

static void test_forward_destinations(void **state)
{
	static const struct {
		const uint8_t *to;
		int origin;
		uint32_t peers;
		uint64_t now;
		enum forward_to expected;
		uint32_t peer;
	} cases[] = {
		{ known, ORIGIN_TAP, 3, 10, FORWARD_PEER, 2 },
		{ fixed, ORIGIN_TAP, 3, 10, FORWARD_PEER, 1 },
		{ unknown, ORIGIN_TAP, 3, 10, FORWARD_ALL_PEERS, 0 },
		{ broadcast, ORIGIN_TAP, 3, 10, FORWARD_ALL_PEERS, 0 },
		{ group, ORIGIN_TAP, 3, 10, FORWARD_ALL_PEERS, 0 },
		{ known, ORIGIN_TAP, 3, 5000, FORWARD_ALL_PEERS, 0 }, /* aged */
		{ fixed, ORIGIN_TAP, 3, 5000, FORWARD_PEER, 1 },
		{ known, ORIGIN_TAP, 0, 10, FORWARD_NOWHERE, 0 },
		{ broadcast, ORIGIN_TAP, 0, 10, FORWARD_NOWHERE, 0 },
		/* What came from a peer goes to the TAP, whoever it is for. */
		{ known, 0, 3, 10, FORWARD_TAP, 0 },
		{ fixed, 0, 3, 10, FORWARD_TAP, 0 },
		{ unknown, 1, 3, 10, FORWARD_TAP, 0 },
		{ broadcast, 2, 3, 10, FORWARD_TAP, 0 },
		{ group, 2, 3, 10, FORWARD_TAP, 0 },
	};
	struct mac_table *macs = mac_table_new(10, 1000, 1);
	struct forward forward;

	(void)state;
	mac_table_learn(macs, known, 2, 5);
	mac_table_pin(macs, fixed, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		forward = decide(macs, cases[i].peers, cases[i].to, cases[i].origin, cases[i].now);
		assert_int_equal(forward.to, cases[i].expected);
		if (forward.to == FORWARD_PEER)
			assert_int_equal(forward.peer, cases[i].peer);
	}
	mac_table_free(macs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward_destinations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
