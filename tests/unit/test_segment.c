/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segmentation against frames that were made one by one; checksums against a simple sum. */
#include "backends/tunnel/worker/segment.h"
#include "backends/tunnel/worker/checksum.h"
#include "tests/unit/packets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static uint8_t payload[FRAME_MAX], super_bytes[FRAME_MAX], expected[FRAME_MAX];

static void payload_fill(uint64_t *seed)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)random_next(seed);
}

static struct virtio_net_hdr header_of(const struct frame_spec *spec, size_t transport, size_t size)
{
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = spec->is_udp  ? 5
			    : spec->is_v6 ? VIRTIO_NET_HDR_GSO_TCPV6
					  : VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = (uint16_t)size,
		.csum_start = (uint16_t)transport,
		.csum_offset = spec->is_udp ? 6 : 16,
	};
}

static void segments_compare(const struct frame_spec *whole, const struct super_frame *super,
			     size_t size)
{
	uint8_t header[PACKET_HEADER_MAX];
	struct frame_spec part = *whole;
	const uint8_t *piece;
	size_t length, made, transport;

	for (unsigned i = 0; i < super->count; i++) {
		part.payload = whole->payload + i * size;
		part.size = whole->size - i * size < size ? whole->size - i * size : size;
		part.sequence = whole->sequence + (uint32_t)(i * size);
		part.id = (uint16_t)(whole->id + i);
		part.flags = whole->flags;
		if (i)
			part.flags &= 0x7f; /* CWR on the first alone */
		if (i + 1 < super->count)
			part.flags &= 0xf6; /* FIN and PSH on the last alone */
		made = frame_make(&part, expected, &transport, false);
		length = super_frame_segment(super, i, header, &piece);
		assert_int_equal(made, super->packet.payload + length);
		assert_memory_equal(header, expected, super->packet.payload);
		assert_memory_equal(piece, expected + super->packet.payload, length);
	}
}

static void test_segment_random_frames_are_cut_as_made(void **state)
{
	uint64_t seed = 1;
	struct frame_spec spec;
	struct virtio_net_hdr header;
	struct super_frame super;
	size_t size, length, transport;

	(void)state;
	payload_fill(&seed);
	for (int round = 0; round < 400; round++) {
		size = 1 + random_next(&seed) % (round % 4 ? 1448 : 9000);
		spec = (struct frame_spec){
			.is_v6 = random_next(&seed) & 1,
			.is_udp = random_next(&seed) & 1,
			.tagged = random_next(&seed) % 4 == 0,
			.ttl = 64,
			.flags = (uint8_t)(TCP_ACK | (random_next(&seed) & 0x89)),
			.options = (uint8_t)(random_next(&seed) % 11 * 4),
			.id = (uint16_t)random_next(&seed),
			.sequence = random_next(&seed) * 2,
			.payload = payload + random_next(&seed) % 100,
			.size = 1 + random_next(&seed) % (size < 10 ? 500 : 65000),
		};
		length = frame_make(&spec, super_bytes, &transport, true);
		header = header_of(&spec, transport, size);
		assert_int_equal(super_frame_init(&super, &header, super_bytes, length), 0);
		assert_int_equal(super.count, (spec.size + size - 1) / size);
		segments_compare(&spec, &super, size);
	}
}

static void test_segment_wrong_headers_are_refused(void **state)
{
	struct frame_spec spec = { .ttl = 64, .flags = TCP_ACK, .payload = payload, .size = 3000 };
	size_t transport, length = frame_make(&spec, super_bytes, &transport, true);
	struct virtio_net_hdr good = header_of(&spec, transport, 1000), bad;
	struct super_frame super;

	(void)state;
	assert_int_equal(super_frame_init(&super, &good, super_bytes, length), 0);
#define REFUSED(member, value)                                                                     \
	(bad = good, bad.member = (value),                                                         \
	 assert_int_equal(super_frame_init(&super, &bad, super_bytes, length), -EINVAL))
	REFUSED(gso_size, 0);
	REFUSED(flags, 0);
	REFUSED(gso_type, VIRTIO_NET_HDR_GSO_TCPV6);
	REFUSED(gso_type, VIRTIO_NET_HDR_GSO_UDP);
	REFUSED(gso_type, 5); /* UDP has its checksum elsewhere */
	REFUSED(csum_offset, 6);
	REFUSED(csum_start, 0);
	REFUSED(csum_start, 14);
	REFUSED(csum_start, 38);
	REFUSED(csum_start, 65535);
#undef REFUSED
	for (size_t n = 0; n <= 54; n++)
		assert_int_equal(super_frame_init(&super, &good, super_bytes, n), -EINVAL);
	super_bytes[transport + 12] = 0x40; /* a TCP header of 16 bytes */
	assert_int_equal(super_frame_init(&super, &good, super_bytes, length), -EINVAL);
	super_bytes[transport + 12] = 0x50;
	super_bytes[14] = 0x41; /* an IP header of 4 bytes */
	assert_int_equal(super_frame_init(&super, &good, super_bytes, length), -EINVAL);
	super_bytes[14] = 0x45;
	super_bytes[13] = 6; /* ARP */
	assert_int_equal(super_frame_init(&super, &good, super_bytes, length), -EINVAL);
}

static void test_segment_partial_checksums_are_completed(void **state)
{
	struct frame_spec spec = { .ttl = 64, .flags = TCP_ACK, .payload = payload };
	struct virtio_net_hdr header;
	size_t transport, length;
	uint64_t seed = 2;

	(void)state;
	payload_fill(&seed);
	for (unsigned i = 0; i < 200; i++) {
		spec.size = random_next(&seed) % 1500;
		spec.is_udp = i & 1;
		spec.is_v6 = i & 2;
		length = frame_make(&spec, super_bytes, &transport, true);
		frame_make(&spec, expected, &transport, false);
		header = header_of(&spec, transport, 0);
		assert_int_equal(checksum_complete(&header, super_bytes, length), 0);
		assert_memory_equal(super_bytes, expected, length);
	}
	header.csum_start = (uint16_t)(length - 7);
	assert_int_equal(checksum_complete(&header, super_bytes, length), -EINVAL);
	header.csum_start = 3;
	assert_int_equal(checksum_complete(&header, super_bytes, length), -EINVAL);
}

static void test_checksum_every_length_and_offset_is_a_simple_sum(void **state)
{
	uint64_t seed = 3;
	uint8_t stored[2];

	(void)state;
	payload_fill(&seed);
	memset(payload + 300, 0xff, 4000);
	for (size_t length = 0; length < 300; length++) {
		for (size_t offset = 0; offset < 8; offset++) {
			word_put(stored, checksum_fold(checksum_add(0, payload + offset, length)));
			assert_int_equal(stored[0] << 8 | stored[1],
					 sum_of(0, payload + offset, length));
		}
	}
	word_put(stored, checksum_fold(checksum_add(0, payload, 65536)));
	assert_int_equal(stored[0] << 8 | stored[1], sum_of(0, payload, 65536));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segment_random_frames_are_cut_as_made),
		cmocka_unit_test(test_segment_wrong_headers_are_refused),
		cmocka_unit_test(test_segment_partial_checksums_are_completed),
		cmocka_unit_test(test_checksum_every_length_and_offset_is_a_simple_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
