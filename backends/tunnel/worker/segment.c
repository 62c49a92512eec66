/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segmentation. The frame comes from the kernel, but what it says of a virtual machine's packets
 * it has from that machine: every offset is checked.
 */
#include "backends/tunnel/worker/segment.h"
#include "backends/tunnel/worker/checksum.h"
#include "backends/tunnel/worker/frame.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>

#define TAGS_MAX 2

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* <linux/virtio_net.h> before Linux 6.2 */
#endif

/* Where the IP header is; 0: this is not IP. */
static unsigned network_offset(const uint8_t *frame, size_t length, bool *is_v6)
{
	unsigned offset = FRAME_HEADER, type;

	for (int tags = 0; tags <= TAGS_MAX && offset + 20 <= length; tags++) {
		type = number_get16(frame + offset - 2);
		*is_v6 = type == ETH_P_IPV6;
		if (type == ETH_P_IP || type == ETH_P_IPV6)
			return offset;
		if (type != ETH_P_8021Q && type != ETH_P_8021AD)
			return 0;
		offset += FRAME_TAG;
	}
	return 0;
}

/* Of the three kinds that exist: is it TCP, and of which version must IP be? */
static bool kind_known(uint8_t type, bool is_v6, bool *is_tcp)
{
	switch (type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		*is_tcp = true;
		return !is_v6;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		*is_tcp = true;
		return is_v6;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		*is_tcp = false;
		return true;
	default:
		return false;
	}
}

static bool headers_find(struct packet *ret, const struct virtio_net_hdr *header,
			 const uint8_t *frame, size_t length)
{
	unsigned least;

	ret->network = network_offset(frame, length, &ret->is_v6);
	ret->transport = header->csum_start;
	if (!ret->network || !kind_known(header->gso_type, ret->is_v6, &ret->is_tcp) ||
	    header->csum_offset != (ret->is_tcp ? 16 : 6))
		return false;
	if (ret->is_v6)
		least = ret->network + 40;
	else
		least = ret->network + (frame[ret->network] & 15u) * 4;
	if (least < ret->network + 20 || ret->transport < least ||
	    (!ret->is_v6 && ret->transport != least) ||
	    ret->transport + (ret->is_tcp ? 20u : 8u) > length)
		return false;
	ret->payload = ret->transport;
	ret->payload += ret->is_tcp ? (frame[ret->transport + 12] >> 4) * 4u : 8u;
	return ret->payload >= ret->transport + (ret->is_tcp ? 20u : 8u) &&
	       ret->payload <= PACKET_HEADER_MAX && ret->payload < length;
}

int super_frame_init(struct super_frame *ret, const struct virtio_net_hdr *header,
		     const uint8_t *frame, size_t length)
{
	size_t transport;

	*ret = (struct super_frame){ .frame = frame, .size = header->gso_size };
	if (!(header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || header->gso_size == 0 ||
	    !headers_find(&ret->packet, header, frame, length))
		return -EINVAL;
	ret->packet.end = (unsigned)length;
	ret->count = (unsigned)((length - ret->packet.payload + ret->size - 1) / ret->size);
	/*
	 * The field holds the sum of the pseudo header with the length of the whole. Taking that
	 * length out again is right behind extension headers, too, where the address is another.
	 */
	transport = length - ret->packet.transport;
	ret->pseudo_sum =
		word_get(frame + ret->packet.transport + header->csum_offset) +
		(uint64_t)(uint16_t)~checksum_fold((uint64_t)htons((uint16_t)(transport >> 16)) +
						   htons((uint16_t)transport));
	return 0;
}

static void tcp_header(const struct super_frame *super, unsigned i, uint8_t *header)
{
	uint8_t *tcp = header + super->packet.transport;

	number_put32(tcp + 4, number_get32(tcp + 4) + i * super->size);
	if (i > 0)
		tcp[13] &= (uint8_t)~TCP_CWR;
	if (i + 1 < super->count)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
}

size_t super_frame_segment(const struct super_frame *super, unsigned i, uint8_t *header,
			   const uint8_t **payload)
{
	const struct packet *packet = &super->packet;
	size_t start = packet->payload + (size_t)i * super->size, size = packet->end - start,
	       length;
	uint8_t *transport = header + packet->transport, *field;
	uint64_t sum;
	uint16_t result;

	if (size > super->size)
		size = super->size;
	*payload = super->frame + start;
	memcpy(header, super->frame, packet->payload);
	length = packet->payload - packet->transport + size;
	if (!packet->is_v6)
		number_put16(header + packet->network + 4,
			     number_get16(header + packet->network + 4) + i);
	packet_set_length(header, packet, packet->payload + size);
	if (packet->is_tcp)
		tcp_header(super, i, header);
	else
		number_put16(transport + 4, length);
	field = transport + (packet->is_tcp ? 16 : 6);
	word_put(field, 0);
	sum = super->pseudo_sum + htons((uint16_t)length);
	sum = checksum_add(sum, transport, packet->payload - packet->transport);
	result = (uint16_t)~checksum_fold(checksum_add(sum, *payload, size));
	word_put(field, !packet->is_tcp && result == 0 ? 0xffff : result);
	return size;
}

int checksum_complete(const struct virtio_net_hdr *header, uint8_t *frame, size_t length)
{
	size_t start = header->csum_start, field = start + header->csum_offset;
	uint16_t result;

	if (start < FRAME_HEADER || field + 2 > length)
		return -EINVAL;
	result = (uint16_t)~checksum_fold(checksum_add(0, frame + start, length - start));
	/* Of the protocols with this checksum UDP alone has it there, and no zero (RFC 768). */
	word_put(frame + field, header->csum_offset == 6 && result == 0 ? 0xffff : result);
	return 0;
}
