/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overlays with mode: vxlan. The kernel's own interface takes the place of a tap and its worker; as every host's Ethernet
 * addresses are known from the file, so is where each of them is, and only what is for all goes to all.
 */
#include "model/expand.h"

#include "model/digest.h"
#include "model/fdb.h"
#include "model/kind/vxlan.h"
#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

/* ---- entries of any vxlan interface ---- */

static void add_fdb(struct expansion *x, const struct object *link, struct fdb *fdb,
		    const struct position *position)
{
	const struct vxlan *vxlan = link_is_vxlan(link) ? object_link(link)->info : NULL;
	struct object *object;

	if (vxlan && fdb->port == vxlan->port)
		fdb->port = 0;
	object = expand_add(x, &class_fdb, link->place, fdb_name(x->arena, link->name, fdb),
			    position);
	if (!object)
		return;
	*(struct fdb *)object->data = *fdb;
	((struct fdb *)object->data)->interface = (struct ref){ .name = link->name };
}

void expand_fdb(struct expansion *x, const struct object *link, const struct list *entries)
{
	size_t i;

	for (i = 0; i < entries->n; i++) {
		struct fdb *fdb = list_item(entries, &record_fdb, i);

		if (addr_is_set(&fdb->to)) /* else reported as missing */
			add_fdb(x, link, fdb, &fdb->item.position);
	}
}

/* ---- what an overlay may not ask of the kernel ---- */

static void check_keys(struct expansion *x, const struct overlay_syntax *overlay)
{
	static const char *const others[] = { "offload", "mac-limit", "flood-limit",
					      "do-not-fragment" };
	const struct position *position = &overlay->item.position;
	size_t i;

	if (overlay->encryption != TUNNEL_NONE) {
		diag_error(x->diag, position, "overlay %s: mode: vxlan cannot encrypt",
			   overlay->item.name);
		diag_hint(x->diag,
			  "write \"encryption: none\" to have it in clear, or \"mode: tap\"");
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!written_has(&record_overlay, overlay, others[i]))
			continue;
		diag_error(x->diag, position, "overlay %s: \"%s\" is for mode: tap",
			   overlay->item.name, others[i]);
		diag_hint(x->diag, "leave it out: with mode: vxlan there is no such thing");
	}
}

/* ---- the family: an interface has one, and all members must take the same ---- */

static bool speaks(const struct overlay_syntax *overlay, const struct expand_view *view,
		   uint8_t family)
{
	const char *text = overlay_endpoint_text(overlay, view);
	struct tunnel_endpoint endpoint;

	if (!text)
		return overlay_address(&view->file->host.address, family) != NULL;
	return !tunnel_endpoint_read(text, &endpoint) || endpoint.addr.family == family;
}

/* The kernel asks nobody what a name means. */
static void check_endpoint(struct expansion *x, const struct overlay_syntax *overlay,
			   const struct expand_view *view)
{
	struct tunnel_endpoint endpoint;

	if (overlay_endpoint(x, overlay, view, TUNNEL_NONE, 0, &endpoint) && endpoint.host[0])
		diag_error(x->diag, overlay_endpoint_position(overlay, view),
			   "endpoint of host %s: mode: vxlan expects ADDRESS[:PORT], not \"%.60s\"",
			   view->name, overlay_endpoint_text(overlay, view));
}

/* Who cannot be asked for a family: reported. */
static bool check_addresses(struct expansion *x, const struct overlay_syntax *overlay)
{
	size_t errors = diag_met(x->diag), i;

	for (i = 0; i < x->n_views; i++) {
		const struct expand_view *view = &x->views[i];
		const struct host_syntax *host = &view->file->host;

		if (!overlay_has_member(overlay, view->name))
			continue;
		if (!overlay_has_endpoint(overlay, view))
			overlay_check_reach(x, overlay, view, TUNNEL_NONE);
		else if (overlay_endpoint_text(overlay, view))
			check_endpoint(x, overlay, view);
		if (!host->address.n && (view == x->self || !overlay_endpoint_text(overlay, view)))
			overlay_no_address(x, view);
	}
	return diag_met(x->diag) == errors;
}

/* 0: none. In the order of the first member's addresses: the same on every host. */
static uint8_t find_family(struct expansion *x, const struct overlay_syntax *overlay)
{
	const struct addr *preferred = NULL;
	bool all[2] = { true, true };
	size_t i;

	for (i = 0; i < x->n_views; i++) {
		const struct expand_view *view = &x->views[i];

		if (!overlay_has_member(overlay, view->name))
			continue;
		if (!preferred)
			preferred = overlay_address(&view->file->host.address, 0);
		all[0] &= speaks(overlay, view, AF_INET);
		all[1] &= speaks(overlay, view, AF_INET6);
	}
	if (all[0] && all[1])
		return preferred ? preferred->family : AF_INET;
	return all[0] ? AF_INET : all[1] ? AF_INET6 : 0;
}

/* ---- peers ---- */

static uint32_t derived_id(const struct expansion *x, const struct overlay_syntax *overlay)
{
	AUTO_TEXT struct text path = { 0 };
	uint8_t digest[DIGEST_SIZE];
	uint32_t id;

	text_add(&path, "%s/%s", x->topology->name, overlay->item.name);
	digest_sha256(path.data, path.length, digest);
	id = (uint32_t)digest[0] << 16 | (uint32_t)digest[1] << 8 | digest[2];
	return id ? id : 1;
}

static void add_peer(struct expansion *x, const struct overlay_syntax *overlay,
		     const struct object *link, const struct expand_view *view, uint8_t family)
{
	const struct vxlan *vxlan = object_link(link)->info;
	struct fdb fdb = { .port = vxlan->port };
	struct tunnel_endpoint endpoint;
	struct list macs = { 0 };
	size_t i;

	if (!overlay_endpoint_text(overlay, view)) {
		fdb.to = *overlay_address(&view->file->host.address, family);
	} else if (overlay_endpoint(x, overlay, view, TUNNEL_NONE, vxlan->port, &endpoint)) {
		fdb.to = endpoint.addr;
		fdb.port = endpoint.port;
	}
	add_fdb(x, link, &fdb, &view->position);
	if (overlay->bridge)
		overlay_macs(x, &macs, view, overlay->bridge);
	for (i = 0; i < macs.n; i++) {
		const struct mac_item *item = list_item(&macs, &record_mac_item, i);
		struct fdb known = fdb;

		known.macaddress = item->mac;
		add_fdb(x, link, &known, &view->position);
	}
}

static size_t count_peers(const struct expansion *x, const struct overlay_syntax *overlay)
{
	size_t n = 0, i;

	for (i = 0; i < x->n_views; i++)
		n += &x->views[i] != x->self && overlay_has_member(overlay, x->views[i].name);
	return n;
}

static void add_peers(struct expansion *x, const struct overlay_syntax *overlay,
		      const struct object *link, uint8_t family)
{
	size_t i;

	for (i = 0; i < x->n_views; i++)
		if (&x->views[i] != x->self && overlay_has_member(overlay, x->views[i].name))
			add_peer(x, overlay, link, &x->views[i], family);
}

/* This end's address, of the family that all have; NULL: reported. */
static const struct addr *find_local(struct expansion *x, const struct overlay_syntax *overlay)
{
	uint8_t family = find_family(x, overlay);
	const struct addr *local = family ? overlay_address(&x->file->host.address, family) : NULL;

	if (local)
		return local;
	diag_error(x->diag, &overlay->item.position,
		   "overlay %s: its hosts have no address family in common, and mode: vxlan "
		   "speaks one",
		   overlay->item.name);
	diag_hint(x->diag, "give each an \"address\" of the same family; with \"mode: "
			   "tap\" two hosts need one, not all of them");
	return NULL;
}

struct object *expand_vxlan(struct expansion *x, const struct overlay_syntax *overlay,
			    const char *name)
{
	const struct addr *local;
	struct object *link;
	struct vxlan *vxlan;

	check_keys(x, overlay);
	if (!count_peers(x, overlay)) {
		overlay_no_peers(x, overlay);
		return NULL;
	}
	local = check_addresses(x, overlay) ? find_local(x, overlay) : NULL;
	link = local ? expand_add_link(x, "", name, "vxlan", &overlay->item.position) : NULL;
	if (!link)
		return NULL;
	expand_set_mtu(link, overlay->mtu);
	vxlan = object_link(link)->info;
	vxlan->id = overlay->id ? overlay->id : derived_id(x, overlay);
	vxlan->port = overlay->port ? overlay->port : VXLAN_PORT_DEFAULT;
	vxlan->local = *local;
	vxlan->learning = overlay->settings.mac_learning;
	vxlan->ageing = overlay->settings.mac_ageing;
	add_peers(x, overlay, link, local->family);
	return link;
}
