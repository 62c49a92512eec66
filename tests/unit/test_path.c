/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is too large is answered, and the segment size that TCP's ends offer is lowered. */
#include "backends/tunnel/worker/checksum.h"
#include "backends/tunnel/worker/mss.h"
#include "backends/tunnel/worker/packet.h"
#include "backends/tunnel/worker/too_big.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <cmocka.h>

static const uint8_t ethernet[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
static uint8_t frame[2000], answer[TOO_BIG_ROOM];

/* A packet with DF from 10.0.0.1 to 10.0.0.2, or from fd00::1 to fd00::2; where its header is. */
static uint8_t *frame_make(bool is_v6, bool tagged, uint8_t protocol)
{
	size_t at = 14;
	uint8_t *ip;

	memset(frame, 0, sizeof(frame));
	memcpy(frame, ethernet, sizeof(ethernet));
	if (tagged) {
		number_put32(frame + 12, 0x81000007);
		at += 4;
	}
	number_put16(frame + at - 2, is_v6 ? 0x86dd : 0x0800);
	ip = frame + at;
	if (is_v6) {
		ip[0] = 0x60;
		ip[6] = protocol;
		ip[8] = ip[24] = 0xfd;
		ip[23] = 1;
		ip[39] = 2;
		return ip;
	}
	ip[0] = 0x45;
	ip[6] = 0x40;
	ip[9] = protocol;
	ip[12] = ip[16] = 10;
	ip[15] = 1;
	ip[19] = 2;
	return ip;
}

static void test_ipv4_is_answered_as_by_a_router(void **state)
{
	uint8_t *ip = frame_make(false, false, IPPROTO_TCP), *icmp = answer + 34;
	size_t length = too_big_answer(frame, 1514, 1400, false, answer);

	(void)state;
	assert_int_equal(length, 14 + 576);
	assert_memory_equal(answer, ethernet + 6, 6);
	assert_memory_equal(answer + 6, ethernet, 6);
	assert_memory_equal(answer + 14 + 12, ip + 16, 4);
	assert_memory_equal(answer + 14 + 16, ip + 12, 4);
	assert_int_equal(checksum_fold(checksum_add(0, answer + 14, 20)), 0xffff);
	assert_int_equal(checksum_fold(checksum_add(0, icmp, length - 34)), 0xffff);
	assert_int_equal(icmp[0] << 8 | icmp[1], 0x0304);
	assert_int_equal(number_get16(icmp + 6), 1400);
	assert_memory_equal(icmp + 8, ip, 548);
}

static void test_ipv6_is_answered_in_its_vlan(void **state)
{
	uint8_t *ip = frame_make(true, true, IPPROTO_UDP), *icmp = answer + 18 + 40;
	size_t length = too_big_answer(frame, 1518, 1300, false, answer);
	uint64_t sum = htons((uint16_t)(length - 58)) + htons(IPPROTO_ICMPV6);

	(void)state;
	assert_int_equal(length, 18 + 1280);
	assert_memory_equal(answer + 12, frame + 12, 6);
	assert_memory_equal(answer + 18 + 8, ip + 24, 16);
	sum = checksum_add(sum, answer + 18 + 8, 32);
	assert_int_equal(checksum_fold(checksum_add(sum, icmp, length - 58)), 0xffff);
	assert_int_equal(icmp[0], 2);
	assert_int_equal(number_get32(icmp + 4), 1300);
}

static void test_what_has_no_answer_gets_none(void **state)
{
	uint8_t *ip = frame_make(false, false, IPPROTO_TCP);

	(void)state;
	ip[6] = 0; /* may be cut */
	assert_int_equal(too_big_answer(frame, 1514, 1400, false, answer), 0);
	ip = frame_make(false, false, IPPROTO_ICMP);
	ip[20] = 3; /* an error itself */
	assert_int_equal(too_big_answer(frame, 1514, 1400, false, answer), 0);
	ip[20] = 8;
	assert_true(too_big_answer(frame, 1514, 1400, false, answer) > 0);
	ip[7] = 1; /* a later fragment */
	assert_int_equal(too_big_answer(frame, 1514, 1400, false, answer), 0);
	ip = frame_make(true, false, IPPROTO_UDP);
	assert_int_equal(too_big_answer(frame, 1514, 1279, false, answer), 0);
	assert_int_equal(too_big_answer(frame, 1514, 1279, true, answer), 0);
	ip[24] = 0xff; /* to a group */
	assert_int_equal(too_big_answer(frame, 1514, 1400, false, answer), 0);
	frame_make(true, false, IPPROTO_ICMPV6)[40] = 1;
	assert_int_equal(too_big_answer(frame, 1514, 1400, false, answer), 0);
	frame_make(false, false, IPPROTO_TCP);
	frame[0] |= 1;
	assert_int_equal(too_big_answer(frame, 1514, 1400, false, answer), 0);
	frame_make(false, false, IPPROTO_TCP);
	frame[12] = 0x88; /* not IP */
	assert_int_equal(too_big_answer(frame, 1514, 1400, false, answer), 0);
	/* Cut anywhere it is not read beyond its end, which sanitizers would tell. */
	for (size_t length = 18; length < 80; length++)
		(void)too_big_answer(frame, length, 1400, false, answer);
}

/* A SYN with options, of which the segment size stands at an even or an odd place. Returns its length. */
static size_t syn_make(bool is_v6, bool odd, uint16_t size)
{
	uint8_t *ip = frame_make(is_v6, false, IPPROTO_TCP), *tcp = ip + (is_v6 ? 40 : 20);
	size_t at = odd ? 21 : 20, length = (size_t)(tcp - frame) + 28;
	struct packet packet;

	number_put16(is_v6 ? ip + 4 : ip + 2, is_v6 ? 28 : 48);
	tcp[12] = 7 << 4;
	tcp[13] = 2;
	tcp[20] = 1;
	tcp[at] = 2;
	tcp[at + 1] = 4;
	number_put16(tcp + at + 2, size);
	if (!is_v6)
		word_put(ip + 10, (uint16_t)~checksum_fold(checksum_add(0, ip, 20)));
	assert_true(packet_parse(frame, length, &packet));
	word_put(tcp + 16, (uint16_t)~checksum_fold(checksum_add(
				   packet_pseudo_sum(frame, &packet) + htons(28), tcp, 28)));
	assert_true(packet_verify(frame, &packet));
	return length;
}

static void expect_clamped(bool is_v6, bool odd, uint16_t size, uint16_t expected)
{
	size_t length = syn_make(is_v6, odd, size);
	const uint8_t *tcp = frame + 14 + (is_v6 ? 40 : 20);
	struct packet packet;

	assert_int_equal(mss_clamp(frame, length, 1400), size != expected);
	assert_int_equal(number_get16(tcp + (odd ? 23 : 22)), expected);
	assert_true(packet_parse(frame, length, &packet));
	assert_true(packet_verify(frame, &packet));
}

static void test_segment_size_is_lowered_never_raised(void **state)
{
	(void)state;
	for (int odd = 0; odd < 2; odd++) {
		expect_clamped(false, odd, 1460, 1360);
		expect_clamped(false, odd, 65535, 1360);
		expect_clamped(false, odd, 1360, 1360);
		expect_clamped(false, odd, 500, 500);
		expect_clamped(true, odd, 1440, 1340);
		expect_clamped(true, odd, 1000, 1000);
	}
}

static void test_other_frames_are_left_alone(void **state)
{
	size_t length = syn_make(false, false, 1460);

	(void)state;
	frame[14 + 20 + 13] = 0x10; /* no SYN */
	assert_false(mss_clamp(frame, length, 1400));
	length = syn_make(false, false, 1460);
	frame[14 + 20 + 21] = 1; /* an option shorter than an option */
	assert_false(mss_clamp(frame, length, 1400));
	length = syn_make(false, false, 1460);
	frame[14] = 0x42; /* a header shorter than a header, */
	frame[14 + 8 + 12] = 7 << 4;
	frame[14 + 8 + 13] = 2; /* in which a SYN seems to be */
	memcpy(frame + 14 + 8 + 20, "\2\4\5\xb4", 4);
	assert_false(mss_clamp(frame, length, 1400));
	length = syn_make(false, false, 1460);
	frame[14 + 20 + 12] = 15 << 4; /* options beyond the end */
	assert_false(mss_clamp(frame, length, 1400));
	for (size_t cut = 14; cut < length; cut++) {
		(void)syn_make(false, false, 1460);
		assert_false(mss_clamp(frame, cut, 1400));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4_is_answered_as_by_a_router),
		cmocka_unit_test(test_ipv6_is_answered_in_its_vlan),
		cmocka_unit_test(test_what_has_no_answer_gets_none),
		cmocka_unit_test(test_segment_size_is_lowered_never_raised),
		cmocka_unit_test(test_other_frames_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
