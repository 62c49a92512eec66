/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Merging: random traffic with every flaw goes in, and what comes out, cut apart again, must be
 * the same frames, in the same order within each flow.
 */
#include "backends/tunnel/worker/coalesce.h"
#include "backends/tunnel/worker/segment.h"
#include "tests/unit/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define FRAMES 128u
#define FLOWS  20u
#define ROOM   9100u

struct queue {
	const uint8_t *frames[FRAMES];
	size_t lengths[FRAMES];
	unsigned count, taken;
};

struct traffic {
	struct coalescer coalescer;
	struct queue queues[256]; /* by flow: byte 5 of the frame */
	unsigned delivered, supers, largest;
	uint8_t store[FRAMES][ROOM], originals[FRAMES][ROOM];
};

static uint8_t payload[FRAME_MAX];

/* Without fragments the identification of an IPv4 packet means nothing, and may change. */
static void identification_hide(uint8_t *frame)
{
	uint8_t *ip = frame + (frame[12] == 0x81 ? 18 : 14);

	if (ip[-2] == 8 && ip[6] & 0x40) {
		memset(ip + 4, 0, 2);
		memset(ip + 10, 0, 2);
	}
}

static void frame_compare(struct traffic *traffic, const uint8_t *frame, size_t length)
{
	struct queue *queue = &traffic->queues[frame[5]];
	uint8_t ours[ROOM], theirs[ROOM];

	assert_true(queue->taken < queue->count);
	assert_int_equal(length, queue->lengths[queue->taken]);
	memcpy(ours, frame, length);
	memcpy(theirs, queue->frames[queue->taken], length);
	identification_hide(ours);
	identification_hide(theirs);
	assert_memory_equal(ours, theirs, length);
	queue->taken++;
	traffic->delivered++;
}

static void super_compare(struct traffic *traffic, const struct delivery *delivery)
{
	static uint8_t whole[FRAME_MAX], frame[FRAME_MAX];
	struct super_frame super;
	const uint8_t *piece;
	size_t length = 0;

	for (unsigned i = 1; i < delivery->part_count; i++) {
		assert_true(length + delivery->parts[i].iov_len <= 65535);
		memcpy(whole + length, delivery->parts[i].iov_base, delivery->parts[i].iov_len);
		length += delivery->parts[i].iov_len;
	}
	assert_int_equal(super_frame_init(&super, &delivery->header, whole, length), 0);
	assert_int_equal(super.count, delivery->count);
	assert_int_equal(super.packet.payload, delivery->header.hdr_len);
	assert_true(super.packet.is_tcp || super.count <= 64);
	for (unsigned i = 0; i < super.count; i++) {
		length = super_frame_segment(&super, i, frame, &piece);
		memcpy(frame + super.packet.payload, piece, length);
		frame_compare(traffic, frame, super.packet.payload + length);
	}
	traffic->supers++;
	if (traffic->largest < delivery->count)
		traffic->largest = delivery->count;
}

static void deliver(struct coalescer *coalescer, struct delivery *delivery)
{
	struct traffic *traffic = coalescer->owner;
	size_t bytes = 0;
	struct iovec one;

	for (unsigned i = 0; i < delivery->count; i++) {
		one = delivery_frame(delivery, i);
		bytes += one.iov_len;
	}
	assert_int_equal(bytes, delivery->bytes);
	assert_int_equal(delivery->peer, 7);
	if (delivery->count > 1) {
		super_compare(traffic, delivery);
		return;
	}
	assert_int_equal(delivery->part_count, 2);
	assert_int_equal(delivery->header.flags, 0);
	frame_compare(traffic, delivery->parts[1].iov_base, delivery->parts[1].iov_len);
}

static struct traffic *traffic_new(void)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	coalesce_init(&traffic->coalescer, traffic, deliver);
	traffic->coalescer.tcp = traffic->coalescer.udp = true;
	return traffic;
}

static void traffic_add(struct traffic *traffic, unsigned i, size_t length)
{
	struct queue *queue = &traffic->queues[traffic->store[i][5]];

	memcpy(traffic->originals[i], traffic->store[i], length);
	queue->frames[queue->count] = traffic->originals[i];
	queue->lengths[queue->count++] = length;
	coalesce_frame(&traffic->coalescer, 7, traffic->store[i], length);
}

static void traffic_end(struct traffic *traffic, unsigned frames)
{
	coalesce_flush(&traffic->coalescer);
	assert_int_equal(traffic->delivered, frames);
}

/* What a flow sends next, mostly in order and of one size. */
static void spec_next(struct frame_spec *spec, uint64_t *seed)
{
	uint32_t chance = random_next(seed) % 24;

	spec->sequence += (uint32_t)spec->size;
	spec->id++;
	spec->flags = TCP_ACK;
	switch (chance) {
	case 0:
		spec->size = random_next(seed) % 1400;
		break;
	case 1:
		spec->flags |= (uint8_t)random_next(seed);
		break;
	case 2:
		spec->acknowledge++;
		break;
	case 3:
		spec->ttl++;
		break;
	case 4:
		spec->sequence += random_next(seed) % 3;
		break;
	case 5:
		spec->options = (uint8_t)(random_next(seed) % 4 * 4);
		break;
	case 6:
		spec->id = (uint16_t)random_next(seed);
		break;
	case 7:
		spec->flags |= TCP_PSH;
		break;
	case 8:
		spec->size = 0;
		break;
	case 9:
		spec->size = 1348;
		break;
	}
}

/*
 * A bit turned, or bytes behind the packet, or fewer of them. The flow stays the same: its addresses
 * and ports, which end at TRANSPORT + 4.
 */
static size_t frame_spoil(uint8_t *frame, size_t length, size_t transport, uint64_t *seed)
{
	size_t at = 12 + random_next(seed) % (length - 12), end = transport + 4;

	if (at < end && at + 36 >= end)
		at = end;

	switch (random_next(seed) % 60) {
	case 0:
		frame[at] ^= (uint8_t)(1 << random_next(seed) % 8);
		return length;
	case 1:
		return length + 6;
	case 2:
		return at > 14 ? at : 14;
	default:
		return length;
	}
}

static void test_coalesce_random_traffic_is_what_it_was(void **state)
{
	struct frame_spec specs[FLOWS];
	struct traffic *traffic;
	unsigned supers = 0, flow;
	uint64_t seed = 1;
	size_t transport, length;

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)random_next(&seed);
	for (int round = 0; round < 300; round++) {
		unsigned flows = 1 + random_next(&seed) % FLOWS;

		traffic = traffic_new();
		for (unsigned i = 0; i < FLOWS; i++)
			specs[i] = (struct frame_spec){ .is_v6 = random_next(&seed) & 1,
							.is_udp = random_next(&seed) % 3 == 0,
							.tagged = random_next(&seed) % 5 == 0,
							.dont_fragment = random_next(&seed) & 1,
							.flow = (uint8_t)i,
							.ttl = 60,
							.id = (uint16_t)random_next(&seed),
							.sequence = random_next(&seed) * 2,
							.payload = payload + i,
							.size = 100 + random_next(&seed) % 1300 };
		for (unsigned i = 0; i < FRAMES; i++) {
			flow = random_next(&seed) % flows;
			spec_next(&specs[flow], &seed);
			length = frame_make(&specs[flow], traffic->store[i], &transport, false);
			length = frame_spoil(traffic->store[i], length, transport, &seed);
			traffic->store[i][5] = (uint8_t)flow;
			traffic_add(traffic, i, length);
		}
		traffic_end(traffic, FRAMES);
		supers += traffic->supers;
		free(traffic);
	}
	assert_true(supers > 300);
}

/* FRAMES of equal size in a row, changed from CHANGED on. */
static void flow_run(struct frame_spec spec, unsigned frames, unsigned supers, unsigned largest,
		     void (*change)(struct frame_spec *spec, uint8_t *frame, unsigned i))
{
	struct traffic *traffic = traffic_new();
	size_t length, transport;

	for (unsigned i = 0; i < frames; i++) {
		if (change)
			change(&spec, NULL, i);
		length = frame_make(&spec, traffic->store[i], &transport, false);
		if (change)
			change(&spec, traffic->store[i], i);
		traffic_add(traffic, i, length);
		spec.sequence += (uint32_t)spec.size;
		spec.id++;
	}
	traffic_end(traffic, frames);
	assert_int_equal(traffic->supers, supers);
	assert_int_equal(traffic->largest, largest);
	free(traffic);
}

static void push_seventh(struct frame_spec *spec, uint8_t *frame, unsigned i)
{
	if (!frame)
		spec->flags = i == 6 ? TCP_ACK | TCP_PSH : TCP_ACK;
}

static void spoil_fifth(struct frame_spec *spec, uint8_t *frame, unsigned i)
{
	(void)spec;
	if (frame && i == 4)
		frame[60] ^= 1;
}

static void repeat_id(struct frame_spec *spec, uint8_t *frame, unsigned i)
{
	(void)i;
	if (!frame)
		spec->id = 9;
}

static void no_checksum(struct frame_spec *spec, uint8_t *frame, unsigned i)
{
	(void)spec;
	(void)i;
	if (frame)
		memset(frame + 40, 0, 2);
}

static void fragment(struct frame_spec *spec, uint8_t *frame, unsigned i)
{
	(void)spec;
	(void)i;
	if (frame) /* "more", and the checksum set right */
		frame[20] |= 0x20, big16(frame + 24, 0),
			big16(frame + 24, 0xffff & ~sum_of(0, frame + 14, 20));
}

static void test_coalesce_flows_are_merged_as_far_as_they_may(void **state)
{
	const struct frame_spec tcp = { .ttl = 64,
					.flags = TCP_ACK,
					.options = 12,
					.payload = payload,
					.size = 1348 },
				udp = { .is_udp = true, .ttl = 64, .payload = payload, .size = 64 };
	struct frame_spec spec;

	(void)state;
	flow_run(tcp, 40, 1, 40, NULL);
	flow_run(tcp, 100, 3, 48, NULL); /* 64 KB: 48 + 48 + 4 */
	flow_run(udp, 128, 2, 64, NULL);
	flow_run(tcp, 10, 2, 7, push_seventh);
	flow_run(tcp, 10, 2, 5, spoil_fifth); /* 4, 1, 5 */
	flow_run(tcp, 10, 0, 0, repeat_id);
	spec = tcp;
	spec.dont_fragment = true;
	flow_run(spec, 10, 1, 10, repeat_id);
	flow_run(udp, 10, 0, 0, no_checksum);
	flow_run(tcp, 10, 0, 0, fragment);
	spec = tcp;
	spec.tagged = spec.is_v6 = true;
	flow_run(spec, 40, 1, 40, NULL);
	spec.size = 0;
	flow_run(spec, 10, 0, 0, NULL);
	spec = tcp;
	spec.flags = TCP_ACK | 0x40; /* ECE */
	flow_run(spec, 10, 0, 0, NULL);
	spec = tcp;
	spec.size = 9000;
	flow_run(spec, 10, 2, 7, NULL);
}

static void test_coalesce_does_nothing_where_it_is_off(void **state)
{
	struct frame_spec spec = { .ttl = 64, .flags = TCP_ACK, .payload = payload, .size = 100 };
	struct traffic *traffic = traffic_new();
	size_t transport, length;

	(void)state;
	traffic->coalescer.tcp = false;
	for (unsigned i = 0; i < 20; i++) {
		spec.is_udp = i >= 10;
		length = frame_make(&spec, traffic->store[i], &transport, false);
		traffic_add(traffic, i, length);
		spec.sequence += 100;
		spec.id++;
	}
	traffic_end(traffic, 20);
	assert_int_equal(traffic->supers, 1);
	assert_int_equal(traffic->largest, 10);
	free(traffic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coalesce_random_traffic_is_what_it_was),
		cmocka_unit_test(test_coalesce_flows_are_merged_as_far_as_they_may),
		cmocka_unit_test(test_coalesce_does_nothing_where_it_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
