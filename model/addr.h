/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 and IPv6 addresses and prefixes, and Ethernet addresses: parse, print, compare.
 * Parsing is strict: dotted quad without leading zeros, RFC 4291 text for IPv6 (printed as RFC 5952).
 */
#ifndef MODEL_ADDR_H
#define MODEL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr {
	uint8_t family;	   /* AF_INET, AF_INET6; 0: unset */
	uint8_t length;	   /* prefix length in bits; 32 or 128 for a plain address */
	uint8_t bytes[16]; /* network order; IPv4 in the first four */
};

struct mac {
	uint8_t bytes[6]; /* all zero: unset */
};

#define ADDR_TEXT_MAX 64
#define MAC_TEXT_MAX  18

/* An address without "/length". Returns false and leaves *ret alone if text is none. */
bool addr_parse(struct addr *ret, const char *text);
/* "address/length"; host bits are kept. "default" is not known here. */
bool addr_parse_prefix(struct addr *ret, const char *text);

/* Text without, or with, "/length". Returns buffer, of at least ADDR_TEXT_MAX bytes; "" if unset. */
const char *addr_format(const struct addr *addr, char *buffer);
const char *addr_format_prefix(const struct addr *addr, char *buffer);

bool addr_is_set(const struct addr *addr);
bool addr_equal(const struct addr *a, const struct addr *b);	 /* family, bytes and length */
bool addr_same_host(const struct addr *a, const struct addr *b); /* length ignored */
int addr_compare(const struct addr *a, const struct addr *b);	 /* family, bytes, length */

uint8_t addr_bits(uint8_t family);  /* 32, 128; 0 for no family */
uint8_t addr_bytes(uint8_t family); /* 4, 16; 0 for no family */
bool addr_has_host_bits(const struct addr *prefix);
struct addr addr_network(const struct addr *prefix); /* host bits cleared */
struct addr addr_host(const struct addr *prefix);    /* length made full */
bool addr_contains(const struct addr *prefix, const struct addr *addr);
bool addr_overlaps(const struct addr *a, const struct addr *b);
bool addr_is_link_local(const struct addr *addr); /* 169.254/16, fe80::/10 */
bool addr_is_multicast(const struct addr *addr);
bool addr_is_unspecified(const struct addr *addr); /* all bytes zero, with a family */

/* Six pairs of hex digits, colons between. */
bool mac_parse(struct mac *ret, const char *text);
const char *mac_format(const struct mac *mac, char *buffer); /* at least MAC_TEXT_MAX bytes */
bool mac_is_set(const struct mac *mac);
bool mac_is_multicast(const struct mac *mac);
bool mac_equal(const struct mac *a, const struct mac *b);

#endif
