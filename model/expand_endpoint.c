/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host wrote as its endpoint: for all of its overlays, or, as a member, for one of them. The address that stands
 * for it where nothing is written is expand_overlay.c's.
 */
#include "model/expand.h"

#include "model/kind/vxlan.h"
#include "model/text.h"

static const struct member_syntax *own_endpoint(const struct overlay_syntax *overlay,
						const struct expand_view *view)
{
	const struct member_syntax *member = overlay_member(overlay, view->name);

	return member && member->endpoint ? member : NULL;
}

const char *overlay_endpoint_text(const struct overlay_syntax *overlay,
				  const struct expand_view *view)
{
	const struct member_syntax *own = own_endpoint(overlay, view);

	return own ? own->endpoint : view->file->host.endpoint;
}

const struct position *overlay_endpoint_position(const struct overlay_syntax *overlay,
						 const struct expand_view *view)
{
	const struct member_syntax *own = own_endpoint(overlay, view);

	return own ? &own->item.position : &view->position;
}

bool overlay_has_endpoint(const struct overlay_syntax *overlay, const struct expand_view *view)
{
	return !text_equal(overlay_endpoint_text(overlay, view), "none");
}

/* With encryption one side may be where nobody can dial it; not both. */
bool overlay_check_reach(struct expansion *x, const struct overlay_syntax *overlay,
			 const struct expand_view *view, uint8_t encryption)
{
	const struct position *position = overlay_endpoint_position(overlay, view);

	if (encryption == TUNNEL_NONE)
		diag_error(x->diag, position,
			   "host %s has no endpoint, but with encryption: none the others know it "
			   "by its address",
			   view->name);
	else if (!overlay_has_endpoint(overlay, x->self))
		diag_error(x->diag, position,
			   "hosts %s and %s have no endpoint: neither can dial the other",
			   x->self->name, view->name);
	return encryption != TUNNEL_NONE;
}

bool overlay_endpoint(struct expansion *x, const struct overlay_syntax *overlay,
		      const struct expand_view *view, uint8_t encryption, uint16_t port,
		      struct tunnel_endpoint *ret)
{
	const char *text = overlay_endpoint_text(overlay, view);

	if (!tunnel_endpoint_read(text, ret)) {
		diag_error(x->diag, overlay_endpoint_position(overlay, view),
			   "endpoint of host %s: expected ADDRESS[:PORT]%s, not \"%.60s\"",
			   view->name,
			   encryption == TUNNEL_NONE ? " or NAME[:PORT]" : ", NAME[:PORT] or none",
			   text);
		return false;
	}
	if (!ret->port)
		ret->port = port;
	return true;
}

/* ---- one endpoint for two overlays ---- */

static uint16_t overlay_port(const struct overlay_syntax *overlay)
{
	uint16_t port = overlay->mode == TUNNEL_VXLAN ? VXLAN_PORT_DEFAULT : TUNNEL_PORT_DEFAULT;

	return overlay->port ? overlay->port : port;
}

/* What is dialled there, where it is written; false: nothing is, or nothing that can be read. */
static bool dialled(const struct overlay_syntax *overlay, const struct expand_view *view,
		    struct tunnel_endpoint *ret)
{
	const char *text = overlay_endpoint_text(overlay, view);

	if (!overlay_has_member(overlay, view->name) || !text ||
	    !overlay_has_endpoint(overlay, view) || !tunnel_endpoint_read(text, ret))
		return false;
	if (!ret->port)
		ret->port = overlay_port(overlay);
	return true;
}

/*
 * One port of the kernel's VXLAN serves many segments; a port of a worker serves one. Overlays with one port of their own
 * are none of this: that is reported of the host itself.
 */
static bool is_ambiguous(const struct overlay_syntax *one, const struct overlay_syntax *other,
			 const struct expand_view *view)
{
	struct tunnel_endpoint a, b;

	if ((one->mode == TUNNEL_VXLAN && other->mode == TUNNEL_VXLAN) ||
	    overlay_port(one) == overlay_port(other) || !dialled(one, view, &a) ||
	    !dialled(other, view, &b))
		return false;
	return a.port == b.port && addr_equal(&a.addr, &b.addr) && text_equal(a.host, b.host);
}

static void check_view(struct expansion *x, const struct expand_view *view)
{
	const struct list *overlays = &x->file->overlays;
	size_t i, j;

	for (j = 1; j < overlays->n; j++)
		for (i = 0; i < j; i++) {
			const struct overlay_syntax *one = list_item(overlays, &record_overlay, i);
			const struct overlay_syntax *other =
				list_item(overlays, &record_overlay, j);

			if (!is_ambiguous(one, other, view))
				continue;
			diag_error(x->diag, overlay_endpoint_position(other, view),
				   "endpoint %s of host %s: overlays %s and %s would both be "
				   "dialled there",
				   overlay_endpoint_text(other, view), view->name, one->item.name,
				   other->item.name);
			diag_hint(
				x->diag,
				"leave its port out where the overlays have their own, or give it "
				"one for each overlay: members: {%s: {endpoint: \"ADDRESS:PORT\"}}",
				view->name);
			return;
		}
}

void expand_check_endpoints(struct expansion *x)
{
	size_t i;

	for (i = 0; i < x->n_views; i++)
		if (x->views[i].name)
			check_view(x, &x->views[i]);
}
