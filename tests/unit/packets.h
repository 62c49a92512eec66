/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames for the tests of segmentation and merging, made byte by byte: slow, simple, and sharing
 * nothing with what is tested.
 */
#ifndef TESTS_UNIT_PACKETS_H
#define TESTS_UNIT_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAX 66000u

struct frame_spec {
	bool is_v6, is_udp, tagged;
	uint8_t flow;		     /* differs in addresses and ports */
	uint8_t ttl, flags, options; /* options: bytes of TCP options */
	bool dont_fragment;
	uint16_t id;
	uint32_t sequence, acknowledge;
	const uint8_t *payload;
	size_t size;
};

static inline uint32_t random_next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static inline void big16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void big32(uint8_t *at, uint32_t value)
{
	big16(at, value >> 16);
	big16(at + 2, value & 0xffff);
}

static inline uint32_t sum_of(uint32_t sum, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* The sum of the pseudo header of a packet whose IP header is at IP and whose transport has LENGTH bytes. */
static inline uint32_t sum_of_pseudo(const struct frame_spec *spec, const uint8_t *ip,
				     size_t length)
{
	uint8_t tail[8] = { 0 };
	uint32_t sum = spec->is_v6 ? sum_of(0, ip + 8, 32) : sum_of(0, ip + 12, 8);

	big32(tail, (uint32_t)length);
	tail[7] = spec->is_udp ? 17 : 6;
	return sum_of(sum, tail, 8);
}

static inline size_t put_ethernet(const struct frame_spec *spec, uint8_t *frame)
{
	size_t at = 12;

	memcpy(frame, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	frame[5] = spec->flow;
	if (spec->tagged) {
		big32(frame + at, 0x81000007);
		at += 4;
	}
	big16(frame + at, spec->is_v6 ? 0x86dd : 0x0800);
	return at + 2;
}

static inline size_t put_ip(const struct frame_spec *spec, uint8_t *ip, size_t length)
{
	if (spec->is_v6) {
		memset(ip, 0x20, 40);
		big32(ip, 0x60012345);
		big16(ip + 4, length);
		ip[6] = spec->is_udp ? 17 : 6;
		ip[7] = spec->ttl;
		ip[39] = spec->flow;
		return 40;
	}
	big16(ip, 0x4500);
	big16(ip + 2, 20 + length);
	big16(ip + 4, spec->id);
	big16(ip + 6, spec->dont_fragment ? 0x4000 : 0);
	ip[8] = spec->ttl;
	ip[9] = spec->is_udp ? 17 : 6;
	big16(ip + 10, 0);
	memcpy(ip + 12, "\x0a\x05\0\x01\x0a\x05\0\x02", 8);
	ip[19] = spec->flow;
	big16(ip + 10, (uint16_t)~sum_of(0, ip, 20));
	return 20;
}

static inline size_t put_transport(const struct frame_spec *spec, uint8_t *at)
{
	size_t header = spec->is_udp ? 8 : 20u + spec->options;

	memset(at, 0, header);
	big16(at, 1000);
	big16(at + 2, 2000u + spec->flow);
	if (spec->is_udp) {
		big16(at + 4, 8 + spec->size);
		return header;
	}
	big32(at + 4, spec->sequence);
	big32(at + 8, spec->acknowledge);
	at[12] = (uint8_t)(header / 4 << 4);
	at[13] = spec->flags;
	big16(at + 14, 500);
	memset(at + 20, 1, spec->options);
	return header;
}

/* Returns the length; *ret is where the transport header is. PARTIAL: as an offload leaves the checksum. */
static inline size_t frame_make(const struct frame_spec *spec, uint8_t *frame, size_t *ret,
				bool partial)
{
	size_t network = put_ethernet(spec, frame), transport = network + (spec->is_v6 ? 40 : 20);
	size_t header = put_transport(spec, frame + transport), length = header + spec->size;
	uint8_t *field = frame + transport + (spec->is_udp ? 6 : 16);
	uint32_t sum;

	put_ip(spec, frame + network, length);
	if (spec->size)
		memcpy(frame + transport + header, spec->payload, spec->size);
	*ret = transport;
	sum = sum_of_pseudo(spec, frame + network, length);
	if (partial) {
		big16(field, sum);
	} else {
		sum = 0xffff & ~sum_of(sum, frame + transport, length);
		big16(field, spec->is_udp && sum == 0 ? 0xffff : sum);
	}
	return transport + length;
}

#endif
