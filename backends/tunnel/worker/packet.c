/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/packet.h"
#include "backends/tunnel/worker/checksum.h"
#include "backends/tunnel/worker/frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define TCP_HEADER  20u
#define UDP_HEADER  8u
#define FRAGMENT                                                                                   \
	0xbfffu /* of the fragment word: the offset, "more", and the bit that must be zero */

static bool ipv4_parse(const uint8_t *frame, size_t length, struct packet *ret, uint8_t *protocol)
{
	const uint8_t *ip = frame + ret->network;

	if (length < ret->network + IPV4_HEADER || ip[0] != 0x45 ||
	    (number_get16(ip + 6) & FRAGMENT) != 0 || ret->network + number_get16(ip + 2) != length)
		return false;
	*protocol = ip[9];
	ret->transport = ret->network + IPV4_HEADER;
	return true;
}

static bool ipv6_parse(const uint8_t *frame, size_t length, struct packet *ret, uint8_t *protocol)
{
	const uint8_t *ip = frame + ret->network;

	if (length < ret->network + IPV6_HEADER || ip[0] >> 4 != 6 ||
	    ret->network + IPV6_HEADER + number_get16(ip + 4) != length)
		return false;
	*protocol = ip[6];
	ret->transport = ret->network + IPV6_HEADER;
	ret->is_v6 = true;
	return true;
}

static bool transport_parse(const uint8_t *frame, size_t length, struct packet *ret,
			    uint8_t protocol)
{
	const uint8_t *header = frame + ret->transport;
	size_t left = length - ret->transport, size;

	if (protocol == IPPROTO_TCP && left >= TCP_HEADER) {
		size = (size_t)(header[12] >> 4) * 4;
		if (size < TCP_HEADER || size > left)
			return false;
		ret->is_tcp = true;
	} else if (protocol == IPPROTO_UDP && left >= UDP_HEADER) {
		size = UDP_HEADER;
		if (number_get16(header + 4) != left)
			return false;
	} else {
		return false;
	}
	ret->payload = ret->transport + (unsigned)size;
	return true;
}

bool packet_parse(const uint8_t *frame, size_t length, struct packet *ret)
{
	uint8_t protocol = 0;
	unsigned type;
	bool known;

	if (length < FRAME_HEADER + FRAME_TAG || length > UINT16_MAX)
		return false;
	*ret = (struct packet){ .network = FRAME_HEADER, .end = (unsigned)length };
	type = number_get16(frame + 12);
	if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		type = number_get16(frame + 16);
		ret->network += FRAME_TAG;
	}
	if (type == ETH_P_IP)
		known = ipv4_parse(frame, length, ret, &protocol);
	else
		known = type == ETH_P_IPV6 && ipv6_parse(frame, length, ret, &protocol);
	return known && transport_parse(frame, length, ret, protocol);
}

uint64_t packet_pseudo_sum(const uint8_t *frame, const struct packet *packet)
{
	const uint8_t *ip = frame + packet->network;
	uint64_t sum = htons(packet->is_tcp ? IPPROTO_TCP : IPPROTO_UDP);

	return packet->is_v6 ? checksum_add(sum, ip + 8, 32) : checksum_add(sum, ip + 12, 8);
}

bool packet_verify(const uint8_t *frame, const struct packet *packet)
{
	size_t length = packet->end - packet->transport;
	uint64_t sum;

	if (!packet->is_tcp && word_get(frame + packet->transport + 6) == 0)
		return false;
	if (!packet->is_v6 &&
	    checksum_fold(checksum_add(0, frame + packet->network, IPV4_HEADER)) != 0xffff)
		return false;
	sum = packet_pseudo_sum(frame, packet) + htons((uint16_t)length);
	return checksum_fold(checksum_add(sum, frame + packet->transport, length)) == 0xffff;
}

void packet_set_length(uint8_t *frame, const struct packet *packet, size_t end)
{
	uint8_t *ip = frame + packet->network;
	size_t header = packet->transport - packet->network;

	if (packet->is_v6) {
		number_put16(ip + 4, end - packet->network - IPV6_HEADER);
		return;
	}
	number_put16(ip + 2, end - packet->network);
	word_put(ip + 10, 0);
	word_put(ip + 10, (uint16_t)~checksum_fold(checksum_add(0, ip, header)));
}
