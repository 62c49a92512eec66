/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and prefixes. inet_pton is strict enough: it takes no leading zeros, signs or short forms. */
#include "model/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t addr_bits(uint8_t family)
{
	return (uint8_t)(addr_bytes(family) * 8);
}

uint8_t addr_bytes(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

bool addr_parse(struct addr *ret, const char *text)
{
	struct addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(addr.family, text, addr.bytes) != 1)
		return false;
	addr.length = addr_bits(addr.family);
	*ret = addr;
	return true;
}

/* Decimal without sign or leading zero, at most limit. */
static bool parse_length(uint8_t *ret, const char *text, uint8_t limit)
{
	size_t digits = strspn(text, "0123456789");
	long value;

	if (digits == 0 || digits > 3 || text[digits] || (digits > 1 && text[0] == '0'))
		return false;
	value = strtol(text, NULL, 10);
	if (value > limit)
		return false;
	*ret = (uint8_t)value;
	return true;
}

bool addr_parse_prefix(struct addr *ret, const char *text)
{
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN];
	struct addr addr;

	if (!slash || (size_t)(slash - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (!addr_parse(&addr, host) || !parse_length(&addr.length, slash + 1, addr.length))
		return false;
	*ret = addr;
	return true;
}

const char *addr_format(const struct addr *addr, char *buffer)
{
	if (!addr->family || !inet_ntop(addr->family, addr->bytes, buffer, ADDR_TEXT_MAX))
		buffer[0] = '\0';
	return buffer;
}

const char *addr_format_prefix(const struct addr *addr, char *buffer)
{
	size_t used = strlen(addr_format(addr, buffer));

	if (used)
		snprintf(buffer + used, ADDR_TEXT_MAX - used, "/%u", addr->length);
	return buffer;
}

bool addr_is_set(const struct addr *addr)
{
	return addr->family != 0;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->bytes, b->bytes, addr_bytes(a->family));
	return order ? order : (int)a->length - (int)b->length;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

bool addr_same_host(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, addr_bytes(a->family));
}

struct addr addr_network(const struct addr *prefix)
{
	struct addr network = *prefix;
	unsigned bit;

	for (bit = prefix->length; bit < addr_bits(prefix->family); bit++)
		network.bytes[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
	return network;
}

struct addr addr_host(const struct addr *prefix)
{
	struct addr host = *prefix;

	host.length = addr_bits(prefix->family);
	return host;
}

bool addr_has_host_bits(const struct addr *prefix)
{
	struct addr network = addr_network(prefix);

	return !addr_same_host(prefix, &network);
}

bool addr_contains(const struct addr *prefix, const struct addr *addr)
{
	struct addr narrowed = *addr, network = addr_network(prefix);

	if (prefix->family != addr->family || addr->length < prefix->length)
		return false;
	narrowed.length = prefix->length;
	narrowed = addr_network(&narrowed);
	return addr_same_host(&narrowed, &network);
}

bool addr_overlaps(const struct addr *a, const struct addr *b)
{
	return addr_contains(a, b) || addr_contains(b, a);
}

bool addr_is_link_local(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return addr->bytes[0] == 169 && addr->bytes[1] == 254;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

bool addr_is_multicast(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return (addr->bytes[0] & 0xf0) == 0xe0;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xff;
}

bool addr_is_unspecified(const struct addr *addr)
{
	static const uint8_t zero[16];

	return addr->family && !memcmp(addr->bytes, zero, addr_bytes(addr->family));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool mac_parse(struct mac *ret, const char *text)
{
	struct mac mac;
	size_t i;

	if (strlen(text) != MAC_TEXT_MAX - 1)
		return false;
	for (i = 0; i < sizeof(mac.bytes); i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret = mac;
	return true;
}

const char *mac_format(const struct mac *mac, char *buffer)
{
	const uint8_t *b = mac->bytes;

	snprintf(buffer, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
		 b[4], b[5]);
	return buffer;
}

bool mac_is_set(const struct mac *mac)
{
	static const struct mac zero;

	return !mac_equal(mac, &zero);
}

bool mac_is_multicast(const struct mac *mac)
{
	return mac->bytes[0] & 1;
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}
