/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/fdb.h"

#include "backends/rtnl/attr.h"
#include "backends/rtnl/link_ops.h"
#include "model/classes.h"
#include "model/kind/vxlan.h"
#include "model/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

static bool get_mac(struct mac *ret, const struct nlattr *attr)
{
	if (!attr || nla_len(attr) != (int)sizeof(ret->bytes))
		return false;
	memcpy(ret->bytes, nla_data(attr), sizeof(ret->bytes));
	return true;
}

/* A bridge tells of its ports in the same dump: NTF_SELF and a destination are only the interface's own. */
bool fdb_message_parse(struct fdb_message *ret, const struct nlmsghdr *message)
{
	const struct ndmsg *header = message_header(message);
	const struct nlattr *table[NDA_MAX + 1];
	struct fdb_message fdb = { 0 };

	if (message->nlmsg_type != RTM_NEWNEIGH ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)) ||
	    !message_parse(message, sizeof(*header), table, NDA_MAX) ||
	    header->ndm_family != AF_BRIDGE || !(header->ndm_flags & NTF_SELF) ||
	    !get_mac(&fdb.fdb.macaddress, table[NDA_LLADDR]) ||
	    !attr_get_addr(&fdb.fdb.to, table[NDA_DST]))
		return false;
	fdb.index = (uint32_t)header->ndm_ifindex;
	fdb.fdb.port = ntohs(attr_u16(table[NDA_PORT]));
	fdb.is_static = header->ndm_state & (NUD_PERMANENT | NUD_NOARP);
	fdb.is_foreign =
		header->ndm_flags & NTF_EXT_LEARNED || table[NDA_VNI] || table[NDA_IFINDEX];
	*ret = fdb;
	return true;
}

/* ---- observe ---- */

struct observing {
	const struct seen_place *place;
	const struct seen_link *seen;
	const struct object *link;
	struct model *have;
};

/* The kernel's own is what its link's `remote` made, by which it comes and goes. */
static enum owner owner_of(const struct object *link, const struct fdb_message *message)
{
	const struct vxlan *vxlan = object_link(link)->info;

	if (!mac_is_set(&message->fdb.macaddress) && !message->fdb.port &&
	    addr_same_host(&message->fdb.to, &vxlan->remote))
		return OWNER_KERNEL;
	return message->is_foreign ? OWNER_FOREIGN : OWNER_OURS;
}

static void observe_one(const struct observing *observing, const struct fdb_message *message)
{
	struct arena *arena = model_arena(observing->have);
	struct object *object;
	struct fdb *fdb;

	if (message->index != observing->seen->index || !message->is_static)
		return;
	object = model_add(observing->have, &class_fdb, observing->place->name,
			   fdb_name(arena, observing->link->name, &message->fdb));
	if (!object)
		return; /* the same by another way out */
	fdb = object->data;
	*fdb = message->fdb;
	fdb->interface.name = arena_strdup(arena, observing->link->name);
	object->owner = owner_of(observing->link, message);
}

static int observe_link(const struct observing *observing, struct error *err)
{
	const struct ndmsg header = { .ndm_family = AF_BRIDGE,
				      .ndm_ifindex = (int)observing->seen->index };
	AUTO_MESSAGE struct nl_msg *request = request_new(RTM_GETNEIGH, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	struct fdb_message fdb;
	int r = request_dump(observing->place->socket, request, &answer, err);

	if (r == -ENODEV)
		return 0; /* it went meanwhile */
	if (r < 0)
		return error_add_context(err, "forwarding database of %s", observing->link->name);
	ANSWER_FOR_EACH(message, &answer)
	if (fdb_message_parse(&fdb, message))
		observe_one(observing, &fdb);
	return 0;
}

/* By name: whose it is stands in the model, its number in what was read. */
static bool find_seen(struct observing *observing, const struct seen *seen)
{
	size_t i, j;

	for (i = 0; i < seen->n; i++) {
		observing->place = &seen->places[i];
		if (strcmp(seen->places[i].name, observing->link->place) != 0)
			continue;
		for (j = 0; j < seen->places[i].n; j++) {
			observing->seen = &seen->places[i].links[j];
			if (!strcmp(observing->seen->name, observing->link->name))
				return true;
		}
	}
	return false;
}

int fdb_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have, struct error *err)
{
	const struct object **links =
		arena_alloc(seen->arena, (model_count(have) + 1) * sizeof(*links));
	struct observing observing = { .have = have };
	struct object *object;
	size_t n = 0, i;
	int r = 0;

	(void)ctx;
	MODEL_FOR_EACH (object, have, i) {
		if (object->class == &class_link && object->owner == OWNER_OURS &&
		    link_is_vxlan(object))
			links[n++] = object;
	}
	for (i = 0; i < n && r == 0; i++) {
		observing.link = links[i];
		if (find_seen(&observing, seen))
			r = observe_link(&observing, err);
	}
	return r;
}

/* ---- apply ---- */

static int send_fdb(struct backend_ctx *ctx, const struct object *object, uint16_t type, int flags,
		    struct error *err)
{
	const struct fdb *fdb = object->data;
	struct ndmsg header = { .ndm_family = AF_BRIDGE,
				.ndm_state = NUD_PERMANENT | NUD_NOARP,
				.ndm_flags = NTF_SELF };
	AUTO_MESSAGE struct nl_msg *message = NULL;
	uint32_t index;
	int r = link_ref_index(ctx, object, &fdb->interface, &index, err);

	if (r < 0)
		return r;
	header.ndm_ifindex = (int)index;
	message = request_new(type, flags, &header, sizeof(header));
	nla_put(message, NDA_LLADDR, sizeof(fdb->macaddress.bytes), fdb->macaddress.bytes);
	nla_put(message, NDA_DST, addr_bytes(fdb->to.family), fdb->to.bytes);
	if (fdb->port)
		nla_put_u16(message, NDA_PORT, htons(fdb->port));
	return link_send(ctx, object->place, message, err);
}

/*
 * An address has one destination, and what was learned of it gives way (vxlan_fdb_update_existing() of
 * drivers/net/vxlan); all others have many, and the same one twice is one.
 */
static int set(struct backend_ctx *ctx, const struct object *want, struct error *err)
{
	const struct fdb *fdb = want->data;
	int how = mac_is_set(&fdb->macaddress) ? NLM_F_REPLACE : NLM_F_APPEND;

	return send_fdb(ctx, want, RTM_NEWNEIGH, NLM_F_CREATE | how, err);
}

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	int r = 0;

	switch (change->op) {
	case CHANGE_CREATE:
		r = set(ctx, change->want, err);
		return r < 0 ? error_add_context(err, "add") : 0;
	case CHANGE_UPDATE:
		r = set(ctx, change->want, err);
		return r < 0 ? error_add_context(err, "change") : 0;
	case CHANGE_DELETE:
		r = send_fdb(ctx, change->have, RTM_DELNEIGH, 0, err);
		return r == -ENOENT || r == -ENODEV ? 0
		       : r < 0			    ? error_add_context(err, "remove")
						    : 0;
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		break; /* it bears no mark */
	}
	return r;
}

int fdb_apply(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	AUTO_TEXT struct text path = { 0 };
	int r = apply_one(ctx, change, err);

	if (r == 0)
		return 0;
	object_path(change->want ? change->want : change->have, &path);
	return error_add_context(err, "fdb %s", text_get(&path));
}
