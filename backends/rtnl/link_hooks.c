/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/link_hooks.h"

#include "backends/rtnl/tun.h"
#include "backends/rtnl/veth.h"

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/socket.h>

/* ---- tun and tap: one kind in netlink, told apart by IFLA_TUN_TYPE, made by ioctl ---- */

static bool is_tun(const struct nlattr *const *data)
{
	return attr_u8(data[IFLA_TUN_TYPE]) == IFF_TUN;
}

static bool is_tap(const struct nlattr *const *data)
{
	return attr_u8(data[IFLA_TUN_TYPE]) == IFF_TAP;
}

/* ---- vxlan: an attribute per family for its addresses, and the parent among its own ---- */

static const struct {
	const char *row;
	uint16_t attr6;
} vxlan_addresses[] = {
	{ "local", IFLA_VXLAN_LOCAL6 },
	{ "remote", IFLA_VXLAN_GROUP6 },
};

static void vxlan_put(struct nl_msg *message, const struct link *link, uint32_t link_index,
		      uint64_t *mask)
{
	const struct record *record = &link->kind->record;
	size_t i;

	for (i = 0; i < sizeof(vxlan_addresses) / sizeof(vxlan_addresses[0]); i++) {
		const struct field *field = record_field(record, vxlan_addresses[i].row);
		const struct addr *addr = field_member_const(field, link->info);
		uint64_t bit = 1ULL << (field - record->fields);

		if (addr->family != AF_INET6 || !(*mask & bit))
			continue;
		nla_put(message, vxlan_addresses[i].attr6, sizeof(addr->bytes), addr->bytes);
		*mask &= ~bit;
	}
	if (link_index)
		nla_put_u32(message, IFLA_VXLAN_LINK, link_index);
}

static void vxlan_get(struct link *link, const struct nlattr *const *data)
{
	const struct record *record = &link->kind->record;
	size_t i;

	for (i = 0; i < sizeof(vxlan_addresses) / sizeof(vxlan_addresses[0]); i++) {
		const struct field *field = record_field(record, vxlan_addresses[i].row);
		struct addr *addr = field_member(field, link->info);

		if (attr_get_addr(addr, data[vxlan_addresses[i].attr6]) &&
		    addr_is_unspecified(addr))
			*addr = (struct addr){ 0 };
	}
}

static const struct link_hooks table[] = {
	/* Without STP it needs no delay, and with STP the kernel takes none below 2 s. */
	{ .kind = "bridge", .off_first = "stp" },
	{ .kind = "tap", .is_kind = is_tap, .create = tun_create, .update = tun_update },
	{ .kind = "tun", .is_kind = is_tun, .create = tun_create, .update = tun_update },
	{ .kind = "veth", .create = veth_create },
	{ .kind = "vxlan", .parent = IFLA_VXLAN_LINK, .put = vxlan_put, .get = vxlan_get },
};

const struct link_hooks *link_hooks_find(const struct link_kind *kind)
{
	size_t i;

	for (i = 0; kind && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].kind, kind->name))
			return &table[i];
	return NULL;
}
