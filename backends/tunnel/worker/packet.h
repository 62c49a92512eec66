/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP and UDP in IPv4 and IPv6 in Ethernet: where the headers are (RFC 791, 8200, 9293, 768).
 *
 * Only what can be merged and cut apart again without loss is understood: no IP options or
 * extension headers, no fragments, no bytes behind the packet, at most one VLAN tag.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PACKET_H
#define BACKENDS_TUNNEL_WORKER_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_HEADER_MAX 160u /* Ethernet 14, two tags 8, IP 40 or 60, TCP 60 */

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_CWR 0x80

/* Offsets in the frame. */
struct packet {
	unsigned network, transport, payload, end;
	bool is_v6, is_tcp;
};

/* False: something else, of which nothing is said. */
bool packet_parse(const uint8_t *frame, size_t length, struct packet *ret);
/* Do the checksums of a parsed frame hold? A UDP packet without one: false. */
bool packet_verify(const uint8_t *frame, const struct packet *packet);

/* The sum of the pseudo header without the length. */
uint64_t packet_pseudo_sum(const uint8_t *frame, const struct packet *packet);
/* Set the length and, in IPv4, the checksum of an IP header for a packet that ends at END. */
void packet_set_length(uint8_t *frame, const struct packet *packet, size_t end);

static inline uint16_t number_get16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

static inline void number_put16(uint8_t *data, size_t value)
{
	data[0] = (uint8_t)(value >> 8);
	data[1] = (uint8_t)value;
}

static inline uint32_t number_get32(const uint8_t *data)
{
	return (uint32_t)number_get16(data) << 16 | number_get16(data + 2);
}

static inline void number_put32(uint8_t *data, uint32_t value)
{
	number_put16(data, value >> 16);
	number_put16(data + 2, value & 0xffff);
}

#endif
