/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of ip(8), netplan, systemd-networkd, containerlab and compose files. One word may mean several keys: the
 * first that the place has. A key that is merely misspelled is not here, spelling finds it.
 */
#include "model/synonym.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *word, *key;
} words[] = {
	{ "addr", "addresses" },
	{ "bridge", "master" },
	{ "containers", "namespaces" },
	{ "destination", "to" },
	{ "dev", "interface" },
	{ "dev", "link" },
	{ "dns", "nameservers" },
	{ "dst", "to" },
	{ "dstport", "port" },
	{ "ethernets", "interfaces" },
	{ "gateway", "via" },
	{ "gateway4", "gateway" },
	{ "gateway6", "gateway" },
	{ "gw", "via" },
	{ "gw", "gateway" },
	{ "hwaddr", "macaddress" },
	{ "ip", "addresses" },
	{ "ip6", "addresses" },
	{ "ipv4", "addresses" },
	{ "ipv4_address", "addresses" },
	{ "ipv6", "addresses" },
	{ "ipv6_address", "addresses" },
	{ "learning", "mac-learning" },
	{ "lladdr", "macaddress" },
	{ "mac", "macaddress" },
	{ "members", "interfaces" },
	{ "netns", "namespaces" },
	{ "networks", "attach" },
	{ "networks", "bridges" },
	{ "nexthop", "via" },
	{ "nodes", "namespaces" },
	{ "parent", "link" },
	{ "publish", "ports" },
	{ "services", "namespaces" },
	{ "src", "from" },
	{ "vni", "id" },
};

static const struct {
	const char *word, *hint;
} hints[] = {
	{ "bonds", "bonds are not in this version" },
	{ "dhcp", "there is no DHCP: write addresses" },
	{ "dhcp4", "there is no DHCP: write addresses" },
	{ "dhcp6", "there is no DHCP: write addresses" },
	{ "network", "its keys stand at the top level: bridges, interfaces, routes" },
	{ "stp", "it stands under \"parameters\"" },
	{ "topology", "its nodes are \"namespaces\" at the top level, its links \"links\"" },
	{ "vlans", "VLANs are not in this version" },
};

static bool has_field(const struct record *record, const char *key)
{
	const struct field *field = record ? record_field(record, key) : NULL;

	return field && !(field->flags & FIELD_HIDDEN);
}

const char *synonym_find(const struct record *record, const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, word) && has_field(record, words[i].key))
			return words[i].key;
	return NULL;
}

const char *synonym_hint(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (!strcmp(hints[i].word, word))
			return hints[i].hint;
	return NULL;
}
