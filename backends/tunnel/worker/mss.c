/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksum is corrected, not computed anew (RFC 1624): what was wrong stays wrong. */
#include "backends/tunnel/worker/mss.h"
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/packet.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#define TCP_HEADER 20u
#define TCP_SYN	   0x02
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2

/* Where TCP is in FRAME; 0: it is no such packet. */
static size_t tcp_find(const uint8_t *frame, size_t length, size_t *headers)
{
	size_t network = FRAME_HEADER, transport;
	unsigned type = number_get16(frame + 12);

	if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		network += FRAME_TAG;
		type = number_get16(frame + 16);
	}
	if (type == ETH_P_IP && length >= network + 20 && frame[network + 9] == IPPROTO_TCP &&
	    (frame[network] & 15u) >= 5 && (number_get16(frame + network + 6) & 0x1fff) == 0)
		transport = network + (frame[network] & 15u) * 4;
	else if (type == ETH_P_IPV6 && length >= network + 40 && frame[network + 6] == IPPROTO_TCP)
		transport = network + 40;
	else
		return 0;
	*headers = (type == ETH_P_IP ? 20u : 40u) + TCP_HEADER;
	return length >= transport + TCP_HEADER ? transport : 0;
}

/* The field at an odd place counts with its bytes swapped. */
static uint16_t as_summed(uint16_t value, size_t offset)
{
	return (uint16_t)(offset % 2 ? value << 8 | value >> 8 : value);
}

static void field_replace(uint8_t *tcp, size_t offset, uint16_t value)
{
	uint16_t before = as_summed(number_get16(tcp + offset), offset);
	uint32_t sum = (uint16_t)~number_get16(tcp + 16);

	sum += (uint16_t)~before;
	sum += as_summed(value, offset);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	number_put16(tcp + offset, value);
	number_put16(tcp + 16, (uint16_t)~sum);
}

bool mss_clamp(uint8_t *frame, size_t length, size_t mtu)
{
	size_t headers, at, offset = TCP_HEADER, end;
	uint8_t *tcp;

	if (length < FRAME_HEADER + FRAME_TAG + 20)
		return false;
	at = tcp_find(frame, length, &headers);
	tcp = frame + at;
	if (!at || !(tcp[13] & TCP_SYN) || mtu <= headers || mtu - headers > UINT16_MAX)
		return false;
	end = (size_t)(tcp[12] >> 4) * 4;
	if (end > length - at)
		return false;
	while (offset + 4 <= end && tcp[offset] != OPTION_END) {
		if (tcp[offset] == OPTION_MSS && tcp[offset + 1] == 4) {
			if (number_get16(tcp + offset + 2) <= mtu - headers)
				return false;
			field_replace(tcp, offset + 2, (uint16_t)(mtu - headers));
			return true;
		}
		if (tcp[offset] == OPTION_NOP)
			offset++;
		else if (tcp[offset + 1] >= 2)
			offset += tcp[offset + 1];
		else
			return false;
	}
	return false;
}
