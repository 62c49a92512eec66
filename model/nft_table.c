/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a place's netfilter rules, and the small words they are written in. */
#include "model/nft_table.h"

#include "model/text.h"

#include <string.h>

static const struct enum_name protocols[] = {
	{ "tcp", NAT_TCP },
	{ "udp", NAT_UDP },
	{ "tcp+udp", NAT_TCP_UDP },
	{ NULL, 0 },
};
static const struct enum_name actions[] = {
	{ "accept", POLICY_ACCEPT },
	{ "drop", POLICY_DROP },
	{ "reject", POLICY_REJECT },
	{ NULL, 0 },
};

static const struct field masquerade_fields[] = {
	F_PREFIX(struct masquerade, source, "source", .help = "network that is hidden"),
	F_STRING(struct masquerade, out, "out", .flags = FIELD_NAME,
		 .help = "only what leaves by it"),
	F_STRING(struct masquerade, out_not, "out-not", .flags = FIELD_NAME,
		 .help = "only what does not leave by it"),
};
const struct record record_masquerade = {
	.name = "masquerade rule",
	.size = sizeof(struct masquerade),
	FIELDS(masquerade_fields),
	.has_item = true,
};

static const struct field snat_fields[] = {
	F_PREFIX(struct snat, source, "source", .help = "network that is hidden"),
	F_STRING(struct snat, out, "out", .flags = FIELD_NAME, .help = "only what leaves by it"),
	F_STRING(struct snat, out_not, "out-not", .flags = FIELD_NAME,
		 .help = "only what does not leave by it"),
	F_STRING(struct snat, to, "to", .flags = FIELD_REQUIRED,
		 .help = "address or range, and ports, that it gets as source"),
};
const struct record record_snat = {
	.name = "snat rule",
	.size = sizeof(struct snat),
	FIELDS(snat_fields),
	.has_item = true,
};

static const struct field dnat_fields[] = {
	F_ADDR(struct dnat, listen, "listen",
	       .help = "address it is for; default: every address of this place"),
	F_ENUM8(struct dnat, protocol, "protocol", protocols, .help = "tcp, udp or tcp+udp"),
	F_STRING(struct dnat, port, "port", .flags = FIELD_REQUIRED,
		 .help = "port or range: 80, 5000-5010"),
	F_STRING(struct dnat, to, "to", .flags = FIELD_REQUIRED,
		 .help = "target: ADDRESS[:PORT[-PORT]], IPv6 in brackets"),
	F_LIST(struct dnat, source, "source", &record_prefix_item,
	       .help = "networks that may use it; default: any"),
	F_STRING(struct dnat, in, "in", .flags = FIELD_NAME,
		 .help = "interface it arrives on; default: any"),
	F_BOOL(struct dnat, hairpin, "hairpin",
	       .help = "members of the target's network may use it too"),
	F_BOOL(struct dnat, loopback, "loopback",
	       .help = "this place may use it as 127.0.0.1 (IPv4)"),
};
const struct record record_dnat = {
	.name = "port map",
	.size = sizeof(struct dnat),
	FIELDS(dnat_fields),
	.has_item = true,
	.defaults = &(const struct dnat){ .protocol = NAT_TCP },
};

static const struct field policy_fields[] = {
	F_STRING(struct policy, in, "in", .flags = FIELD_NAME, .help = "interface it comes in by"),
	F_STRING(struct policy, out, "out", .flags = FIELD_NAME, .help = "interface it leaves by"),
	F_LIST(struct policy, state, "state", &record_string_item,
	       .help = "new, established, related, invalid, dnat; any of them"),
	F_ENUM8(struct policy, action, "action", actions, .flags = FIELD_REQUIRED,
		.help = "accept, drop or reject"),
};
const struct record record_policy = {
	.name = "policy rule",
	.size = sizeof(struct policy),
	FIELDS(policy_fields),
	.has_item = true,
};

static const struct field fields[] = {
	F_LIST(struct nft_table, masquerade, "masquerade", &record_masquerade),
	F_LIST(struct nft_table, snat, "snat", &record_snat),
	F_LIST(struct nft_table, dnat, "dnat", &record_dnat, .flags = FIELD_UNORDERED),
	F_LIST(struct nft_table, policy, "policy", &record_policy),
	F_LIST(struct nft_table, mss_clamp, "mss-clamp", &record_ifname_item),
	F_U8(struct nft_table, protocol, "protocol", .flags = FIELD_HIDDEN | FIELD_LOOSE),
	F_BOOL(struct nft_table, altered, "altered", .flags = FIELD_HIDDEN),
};

const struct class class_nft_table = {
	.name = "nft table",
	.record = { .name = "nft table", .size = sizeof(struct nft_table), FIELDS(fields) },
	.check = nft_table_check,
};

static bool parse_port(uint16_t *ret, const char *text)
{
	uint64_t value;

	if (!text_parse_number(&value, text) || value == 0 || value > UINT16_MAX)
		return false;
	*ret = (uint16_t)value;
	return true;
}

bool port_range_parse(struct port_range *ret, const char *text)
{
	char first[8] = "";
	const char *dash = strchr(text, '-');
	struct port_range range;

	if (!dash) {
		if (!parse_port(&range.first, text))
			return false;
		range.last = range.first;
	} else {
		if ((size_t)(dash - text) >= sizeof(first))
			return false;
		memcpy(first, text, (size_t)(dash - text));
		if (!parse_port(&range.first, first) || !parse_port(&range.last, dash + 1) ||
		    range.first > range.last)
			return false;
	}
	*ret = range;
	return true;
}

/* "A" or "A-B" of one family, B not below A. */
static bool parse_addr_range(struct addr *first, struct addr *last, const char *text)
{
	char low[ADDR_TEXT_MAX] = "";
	const char *dash = strchr(text, '-');

	if (!dash) {
		if (!addr_parse(first, text))
			return false;
		*last = *first;
		return true;
	}
	if ((size_t)(dash - text) >= sizeof(low))
		return false;
	memcpy(low, text, (size_t)(dash - text));
	return addr_parse(first, low) && addr_parse(last, dash + 1) &&
	       first->family == last->family && addr_compare(first, last) <= 0;
}

bool nat_target_parse(struct addr *first, struct addr *last, struct port_range *ports,
		      const char *text)
{
	char address[2 * ADDR_TEXT_MAX] = "";
	const char *end, *port = NULL;

	*ports = (struct port_range){ 0 };
	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		port = end[1] ? end + 2 : NULL;
	} else {
		end = strchr(text, ':');
		if (end && strchr(end + 1, ':')) /* IPv6 without brackets: no port */
			end = NULL;
		port = end ? end + 1 : NULL;
		end = end ? end : text + strlen(text);
	}
	if ((size_t)(end - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(end - text));
	return parse_addr_range(first, last, address) && (!port || port_range_parse(ports, port));
}
