/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that are too large for a path, and segment sizes that are. The input: flags, MTU (2 bytes), frame; with flag 1
 * the checksums of the frame are set right first, so that the fuzzer need not guess them.
 * What was right stays right, what is lowered is not lowered again, and no answer begets another.
 */
#include "backends/tunnel/worker/checksum.h"
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/mss.h"
#include "backends/tunnel/worker/packet.h"
#include "backends/tunnel/worker/too_big.h"
#include "tests/fuzz/checksums.h"

#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Exact, so that a sanitizer sees one byte more. */
static uint8_t *copy_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size);

	must(copy);
	memcpy(copy, data, size);
	return copy;
}

static void try_clamp(const uint8_t *frame, size_t length, size_t mtu)
{
	uint8_t *copy = copy_of(frame, length);
	struct packet packet;
	bool right = packet_parse(frame, length, &packet) && packet_verify(frame, &packet);

	if (!mss_clamp(copy, length, mtu)) {
		must(memcmp(copy, frame, length) == 0);
	} else {
		must(!right || packet_verify(copy, &packet));
		must(!mss_clamp(copy, length, mtu));
	}
	free(copy);
}

/* Where the headers are, by the lengths that an answer has. */
static void answer_check(const uint8_t *answer, size_t length, const uint8_t *frame, size_t mtu)
{
	size_t at = number_get16(frame + 12) == number_get16(answer + 12) &&
				    (answer[12] == 0x81 || answer[12] == 0x88)
			    ? FRAME_HEADER + FRAME_TAG
			    : FRAME_HEADER;
	const uint8_t *ip = answer + at, *icmp = ip + 20;
	uint64_t sum = 0;

	must(memcmp(answer, frame_source(frame), 6) == 0);
	must(memcmp(answer + 6, frame_destination(frame), 6) == 0);
	if (ip[0] >> 4 == 6) {
		icmp = ip + 40;
		must(number_get16(ip + 4) == length - at - 40 && number_get32(icmp + 4) == mtu);
		sum = checksum_add(htons((uint16_t)(length - at - 40)) + htons(IPPROTO_ICMPV6),
				   ip + 8, 32);
	} else {
		must(number_get16(ip + 2) == length - at && number_get16(icmp + 6) == mtu);
		must(checksum_fold(checksum_add(0, ip, 20)) == 0xffff);
	}
	length -= (size_t)(icmp - answer);
	must(checksum_fold(checksum_add(sum, icmp, length)) == 0xffff);
	must(memcmp(icmp + 8, frame + at, length - 8) == 0);
}

static void try_answer(const uint8_t *frame, size_t length, size_t mtu)
{
	uint8_t *answer = malloc(TOO_BIG_ROOM), again[TOO_BIG_ROOM];
	size_t n;

	must(answer);
	n = too_big_answer(frame, length, mtu, false, answer);
	if (n) {
		must(n <= TOO_BIG_ROOM);
		answer_check(answer, n, frame, mtu);
		must(too_big_answer(answer, n, mtu, false, again) == 0);
	}
	free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *frame;
	size_t mtu;

	if (size < 3)
		return 0;
	mtu = number_get16(data + 1);
	frame = copy_of(data + 3, size - 3);
	if (data[0] & 1)
		checksums_set(frame, size - 3);
	try_clamp(frame, size - 3, mtu);
	try_answer(frame, size - 3, mtu);
	free(frame);
	return 0;
}
