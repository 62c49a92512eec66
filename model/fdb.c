/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of an entry of a vxlan interface's forwarding database. */
#include "model/fdb.h"

#include "model/diag.h"
#include "model/kind/vxlan.h"
#include "model/link.h"
#include "model/model.h"
#include "model/object.h"

#include <sys/socket.h>

static const struct field fields[] = {
	F_REF(struct fdb, interface, "interface", .flags = FIELD_KEY),
	F_MAC(struct fdb, macaddress, "macaddress", .flags = FIELD_KEY,
	      .help = "Ethernet address; without it, all that are not known"),
	F_ADDR(struct fdb, to, "to", .flags = FIELD_REQUIRED,
	       .help = "address of the host that it is behind"),
	F_U16(struct fdb, port, "port", .help = "UDP port of that host; default: the interface's"),
};

/* The list stands with its interface. */
const struct record record_fdb = {
	.name = "fdb entry",
	.size = sizeof(struct fdb),
	.fields = fields + 1,
	.n_fields = sizeof(fields) / sizeof(fields[0]) - 1,
	.has_item = true,
};

/* vxlan_config_validate() of drivers/net/vxlan/vxlan_core.c: one family, IPv4 unless something says otherwise. */
static uint8_t family_of(const struct vxlan *vxlan)
{
	if (addr_is_set(&vxlan->local))
		return vxlan->local.family;
	return addr_is_set(&vxlan->remote) ? vxlan->remote.family : AF_INET;
}

static void fdb_check(const struct object *want, const struct model *model, struct diag *diag)
{
	const struct fdb *fdb = want->data;
	const struct object *link = model_find_ref(model, want, &fdb->interface);

	if (!link) /* reported */
		return;
	if (!link_is_vxlan(link)) {
		diag_error(diag, &want->position, "fdb: %s is not of type vxlan", link->name);
		return;
	}
	if (addr_is_multicast(&fdb->to) || addr_is_unspecified(&fdb->to))
		diag_error(diag, &want->position, "\"to\" is expected to be the address of a host");
	else if (fdb->to.family != family_of(object_link(link)->info))
		diag_error(diag, &want->position,
			   "\"to\" is not of the family of %s, which has one only", link->name);
}

const struct class class_fdb = {
	.name = "fdb",
	.record = { .name = "fdb entry", .size = sizeof(struct fdb), FIELDS(fields) },
	.check = fdb_check,
};

const char *fdb_name(struct arena *arena, const char *interface, const struct fdb *fdb)
{
	bool is_many = !mac_is_set(&fdb->macaddress) || fdb->macaddress.bytes[0] & 1;
	char mac[MAC_TEXT_MAX] = "default", addr[ADDR_TEXT_MAX];
	const char *name;

	if (mac_is_set(&fdb->macaddress))
		mac_format(&fdb->macaddress, mac);
	if (!is_many)
		return arena_printf(arena, "%s %s", interface, mac);
	name = arena_printf(arena, "%s %s %s", interface, mac, addr_format(&fdb->to, addr));
	return fdb->port ? arena_printf(arena, "%s port %u", name, fdb->port) : name;
}
