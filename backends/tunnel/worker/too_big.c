/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/too_big.h"
#include "backends/tunnel/worker/checksum.h"
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/packet.h"

#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define ICMP_HEADER 8u
#define IPV4_ANSWER 576u /* RFC 1812, 4.3.2.3 */
#define IPV6_ANSWER 1280u
#define IPV6_LEAST  1280u /* no link is narrower (RFC 8200) */
#define TTL	    64

/* An error is no answer to an error (RFC 1122, 3.2.2). */
static bool icmp_is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool ipv4_wants_answer(const uint8_t *ip, size_t length, bool always)
{
	size_t header;

	if (length < IPV4_HEADER || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15u) * 4;
	if (header < IPV4_HEADER || length < header + 1)
		return false;
	/* It may not be fragmented, and is no later fragment. */
	if ((!(ip[6] & 0x40) && !always) || number_get16(ip + 6) & 0x1fff)
		return false;
	if (ip[9] == IPPROTO_ICMP && icmp_is_error(ip[header]))
		return false;
	return ip[12] != 0 && ip[12] != 127 && ip[12] < 224 && ip[16] < 224;
}

static bool ipv6_wants_answer(const uint8_t *ip, size_t length)
{
	static const uint8_t unspecified[16];

	if (length < IPV6_HEADER + 1 || ip[0] >> 4 != 6)
		return false;
	if (ip[6] == IPPROTO_ICMPV6 && ip[IPV6_HEADER] < 128)
		return false;
	return memcmp(ip + 8, unspecified, 16) != 0 && ip[8] != 0xff && ip[24] != 0xff;
}

static size_t ipv4_answer(const uint8_t *ip, size_t length, size_t mtu, uint8_t *ret)
{
	size_t quoted = IPV4_ANSWER - IPV4_HEADER - ICMP_HEADER, total;
	uint8_t *icmp = ret + IPV4_HEADER;

	quoted = length < quoted ? length : quoted;
	total = IPV4_HEADER + ICMP_HEADER + quoted;
	memset(ret, 0, IPV4_HEADER + ICMP_HEADER);
	ret[0] = 0x45;
	ret[1] = 0xc0; /* internetwork control */
	number_put16(ret + 2, total);
	ret[8] = TTL;
	ret[9] = IPPROTO_ICMP;
	memcpy(ret + 12, ip + 16, 4);
	memcpy(ret + 16, ip + 12, 4);
	word_put(ret + 10, (uint16_t)~checksum_fold(checksum_add(0, ret, IPV4_HEADER)));
	icmp[0] = 3;
	icmp[1] = 4;
	number_put16(icmp + 6, mtu);
	memcpy(icmp + ICMP_HEADER, ip, quoted);
	word_put(icmp + 2, (uint16_t)~checksum_fold(checksum_add(0, icmp, ICMP_HEADER + quoted)));
	return total;
}

static size_t ipv6_answer(const uint8_t *ip, size_t length, size_t mtu, uint8_t *ret)
{
	size_t quoted = IPV6_ANSWER - IPV6_HEADER - ICMP_HEADER, payload;
	uint8_t *icmp = ret + IPV6_HEADER;
	uint64_t sum;

	quoted = length < quoted ? length : quoted;
	payload = ICMP_HEADER + quoted;
	memset(ret, 0, IPV6_HEADER + ICMP_HEADER);
	ret[0] = 0x60;
	number_put16(ret + 4, payload);
	ret[6] = IPPROTO_ICMPV6;
	ret[7] = TTL;
	memcpy(ret + 8, ip + 24, 16);
	memcpy(ret + 24, ip + 8, 16);
	icmp[0] = 2;
	number_put32(icmp + 4, (uint32_t)mtu);
	memcpy(icmp + ICMP_HEADER, ip, quoted);
	sum = checksum_add(htons((uint16_t)payload) + htons(IPPROTO_ICMPV6), ret + 8, 32);
	word_put(icmp + 2, (uint16_t)~checksum_fold(checksum_add(sum, icmp, payload)));
	return IPV6_HEADER + payload;
}

size_t too_big_answer(const uint8_t *frame, size_t length, size_t mtu, bool always,
		      uint8_t ret[TOO_BIG_ROOM])
{
	size_t header = FRAME_HEADER;
	unsigned type;

	if (length < FRAME_HEADER + FRAME_TAG || mac_is_group(frame_destination(frame)))
		return 0;
	type = number_get16(frame + 12);
	if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		header += FRAME_TAG;
		type = number_get16(frame + 16);
	}
	memcpy(ret, frame_source(frame), 6);
	memcpy(ret + 6, frame_destination(frame), 6);
	memcpy(ret + 12, frame + 12, header - 12);
	if (type == ETH_P_IP && ipv4_wants_answer(frame + header, length - header, always))
		return header + ipv4_answer(frame + header, length - header, mtu, ret + header);
	if (type == ETH_P_IPV6 && mtu >= IPV6_LEAST &&
	    ipv6_wants_answer(frame + header, length - header))
		return header + ipv6_answer(frame + header, length - header, mtu, ret + header);
	return 0;
}
