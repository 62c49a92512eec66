/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each open flow has a copy of its first frame's headers and the payloads' places. The slots of open flows
 * are kept in the order in which they were opened.
 */
#include "backends/tunnel/worker/coalesce.h"
#include "backends/tunnel/worker/checksum.h"

#include <string.h>
#include <arpa/inet.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* <linux/virtio_net.h> before Linux 6.2 */
#endif

#define IPV4_DONT_FRAGMENT 0x40

void coalesce_init(struct coalescer *coalescer, void *owner,
		   void (*deliver)(struct coalescer *coalescer, struct delivery *delivery))
{
	memset(coalescer, 0, sizeof(*coalescer));
	coalescer->owner = owner;
	coalescer->deliver = deliver;
	for (unsigned i = 0; i < COALESCE_FLOWS; i++)
		coalescer->order[i] = (uint8_t)i;
}

struct iovec delivery_frame(const struct delivery *delivery, unsigned i)
{
	const struct iovec *payload = &delivery->parts[2 + i];
	size_t header = delivery->parts[1].iov_len;

	if (delivery->count == 1)
		return delivery->parts[1];
	return (struct iovec){ (uint8_t *)payload->iov_base - header, payload->iov_len + header };
}

static void frame_pass(struct coalescer *coalescer, uint32_t peer, uint8_t *frame, size_t length)
{
	struct iovec parts[2] = { [1] = { frame, length } };
	struct delivery delivery = {
		.parts = parts, .part_count = 2, .count = 1, .bytes = length, .peer = peer
	};

	coalescer->deliver(coalescer, &delivery);
}

/* The headers become those of the whole; the checksum is left to the kernel, which may never need it. */
static void flow_finish(struct flow *flow, struct virtio_net_hdr *ret)
{
	const struct packet *packet = &flow->packet;
	uint8_t *transport = flow->header + packet->transport;
	size_t length = packet->payload - packet->transport + flow->bytes;
	unsigned field = packet->is_tcp ? 16 : 6;

	packet_set_length(flow->header, packet, packet->payload + flow->bytes);
	if (!packet->is_tcp)
		number_put16(transport + 4, length);
	word_put(transport + field,
		 checksum_fold(packet_pseudo_sum(flow->header, packet) + htons((uint16_t)length)));
	*ret = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = !packet->is_tcp ? VIRTIO_NET_HDR_GSO_UDP_L4
			    : packet->is_v6 ? VIRTIO_NET_HDR_GSO_TCPV6
					    : VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)packet->payload,
		.gso_size = (uint16_t)flow->size,
		.csum_start = (uint16_t)packet->transport,
		.csum_offset = (uint16_t)field,
	};
}

static void flow_deliver(struct coalescer *coalescer, struct flow *flow)
{
	size_t header = flow->packet.payload;
	struct delivery delivery = {
		.parts = flow->parts,
		.part_count = flow->count + 2,
		.count = flow->count,
		.bytes = flow->bytes + header * flow->count,
		.peer = flow->peer,
	};

	if (flow->count == 1) {
		frame_pass(coalescer, flow->peer, (uint8_t *)flow->parts[2].iov_base - header,
			   delivery.bytes);
		return;
	}
	flow_finish(flow, &delivery.header);
	flow->parts[1] = (struct iovec){ flow->header, header };
	coalescer->deliver(coalescer, &delivery);
}

/* AT is a place in the order. */
static void flow_close(struct coalescer *coalescer, unsigned at)
{
	uint8_t slot = coalescer->order[at];

	flow_deliver(coalescer, &coalescer->flows[slot]);
	coalescer->count--;
	memmove(&coalescer->order[at], &coalescer->order[at + 1], coalescer->count - at);
	coalescer->order[coalescer->count] = slot;
}

void coalesce_flush(struct coalescer *coalescer)
{
	while (coalescer->count)
		flow_close(coalescer, 0);
}

static uint32_t flow_hash(const uint8_t *frame, const struct packet *packet)
{
	const uint8_t *data = frame + packet->network + (packet->is_v6 ? 8 : 12);
	const uint8_t *end = frame + packet->transport + 4;
	uint32_t hash = packet->is_tcp, word;

	for (; data < end; data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b1u;
		hash ^= hash >> 15;
	}
	return hash;
}

/* Addresses and ports; a collision of hashes only closes a flow early. The place in the order or -1. */
static int flow_find(const struct coalescer *coalescer, uint32_t hash)
{
	for (unsigned i = 0; i < coalescer->count; i++)
		if (coalescer->flows[coalescer->order[i]].hash == hash)
			return (int)i;
	return -1;
}

static void flow_append(struct flow *flow, uint8_t *payload, size_t size)
{
	flow->parts[2 + flow->count++] = (struct iovec){ payload, size };
	flow->bytes += size;
	flow->next_sequence += (uint32_t)size;
}

static void flow_open(struct coalescer *coalescer, uint32_t peer, uint8_t *frame,
		      const struct packet *packet, uint32_t hash)
{
	struct flow *flow;

	if (coalescer->count == COALESCE_FLOWS)
		flow_close(coalescer, 0);
	flow = &coalescer->flows[coalescer->order[coalescer->count++]];
	flow->packet = *packet;
	flow->peer = peer;
	flow->hash = hash;
	flow->size = packet->end - packet->payload;
	flow->count = 0;
	flow->bytes = 0;
	flow->next_sequence = packet->is_tcp ? number_get32(frame + packet->transport + 4) : 0;
	memcpy(flow->header, frame, packet->payload);
	flow_append(flow, frame + packet->payload, flow->size);
}

/*
 * The identification of an IPv4 packet counts up when it is cut apart. Where fragments are
 * forbidden it has no meaning (RFC 6864), and anything goes.
 */
static bool ipv4_same(const struct flow *flow, const uint8_t *header, const uint8_t *ip)
{
	uint16_t expected = (uint16_t)(number_get16(header + 4) + flow->count);

	return word_get(header) == word_get(ip) && word_get(header + 6) == word_get(ip + 6) &&
	       word_get(header + 8) == word_get(ip + 8) && memcmp(header + 12, ip + 12, 8) == 0 &&
	       (header[6] & IPV4_DONT_FRAGMENT || number_get16(ip + 4) == expected);
}

/* Ports are compared too; flags may differ in PSH; options must be the same, time stamps included. */
static bool tcp_same(const struct flow *flow, const uint8_t *header, const uint8_t *tcp)
{
	size_t options = flow->packet.payload - flow->packet.transport - 20;

	return memcmp(header, tcp, 4) == 0 && number_get32(tcp + 4) == flow->next_sequence &&
	       memcmp(header + 8, tcp + 8, 5) == 0 && memcmp(header + 14, tcp + 14, 2) == 0 &&
	       memcmp(header + 18, tcp + 18, 2 + options) == 0;
}

static bool flow_continues(const struct flow *flow, uint32_t peer, const uint8_t *frame,
			   const struct packet *packet)
{
	unsigned network = packet->network, transport = packet->transport;
	const uint8_t *header = flow->header;
	size_t size = packet->end - packet->payload;

	if (flow->peer != peer || flow->packet.is_tcp != packet->is_tcp ||
	    flow->packet.is_v6 != packet->is_v6 || flow->packet.network != network ||
	    flow->packet.payload != packet->payload || memcmp(header, frame, network) != 0)
		return false;
	if (size > flow->size || packet->payload + flow->bytes + size > UINT16_MAX ||
	    flow->count >= (packet->is_tcp ? COALESCE_SEGMENTS : COALESCE_UDP_SEGMENTS))
		return false;
	if (packet->is_v6 && (memcmp(header + network, frame + network, 4) != 0 ||
			      memcmp(header + network + 6, frame + network + 6, 34) != 0))
		return false;
	if (!packet->is_v6 && !ipv4_same(flow, header + network, frame + network))
		return false;
	return packet->is_tcp ? tcp_same(flow, header + transport, frame + transport)
			      : memcmp(header + transport, frame + transport, 4) == 0;
}

/* May it be the first or a later part of a super-frame? */
static bool packet_is_mergeable(const struct coalescer *coalescer, const uint8_t *frame,
				const struct packet *packet)
{
	if (!(packet->is_tcp ? coalescer->tcp : coalescer->udp) || packet->payload == packet->end)
		return false;
	if (packet->is_tcp && (frame[packet->transport + 13] & ~TCP_PSH) != TCP_ACK)
		return false;
	return packet_verify(frame, packet);
}

void coalesce_frame(struct coalescer *coalescer, uint32_t peer, uint8_t *frame, size_t length)
{
	struct packet packet;
	struct flow *flow;
	uint32_t hash;
	bool last;
	int at;

	if (!(coalescer->tcp || coalescer->udp) || !packet_parse(frame, length, &packet)) {
		coalesce_flush(coalescer); /* a fragment, say, of a flow that is open */
		frame_pass(coalescer, peer, frame, length);
		return;
	}
	hash = flow_hash(frame, &packet);
	at = flow_find(coalescer, hash);
	if (!packet_is_mergeable(coalescer, frame, &packet)) {
		if (at >= 0)
			flow_close(coalescer, (unsigned)at);
		frame_pass(coalescer, peer, frame, length);
		return;
	}
	last = packet.is_tcp && frame[packet.transport + 13] & TCP_PSH;
	flow = at >= 0 ? &coalescer->flows[coalescer->order[at]] : NULL;
	if (flow && flow_continues(flow, peer, frame, &packet)) {
		flow_append(flow, frame + packet.payload, packet.end - packet.payload);
		if (last)
			flow->header[packet.transport + 13] |= TCP_PSH;
		if (last || packet.end - packet.payload < flow->size)
			flow_close(coalescer, (unsigned)at);
		return;
	}
	if (flow)
		flow_close(coalescer, (unsigned)at);
	if (last)
		frame_pass(coalescer, peer, frame, length);
	else
		flow_open(coalescer, peer, frame, &packet, hash);
}
