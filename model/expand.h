/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside expand*.c: one expansion while it runs. The order matters and stands in expand.c: first all links, then
 * what needs to see them (ports, MTUs, routes, rules).
 */
#ifndef MODEL_EXPAND_H
#define MODEL_EXPAND_H

#include "model/classes.h"
#include "model/link.h"
#include "model/nft_table.h"
#include "model/syntax.h"
#include "model/topology.h"

#define MTU_DEFAULT 1500

/* One host's part of the file, read. */
struct expand_view {
	const char *name; /* NULL: the file has no `hosts` */
	struct position position;
	struct item item; /* where its keys stand under `hosts` */
	struct file_syntax *file;
};

/* An address on a link of a place: for gateways, routes, port maps. */
struct expand_address {
	struct addr address;
	struct object *link;
};

/* A bridge of ours or a named one, and what was found about it. */
struct expand_bridge {
	const struct bridge_syntax *syntax;
	struct object *link;
	bool has[2]; /* it or a member has an address: IPv4, IPv6 */
	bool has_tunnel, has_foreign_port;
	uint32_t limit;	     /* what its tunnels carry; 0: it has none */
	bool limit_is_known; /* not assumed for want of facts */
};

struct expand_place {
	const char *name; /* "": the host's own */
	const struct place_syntax *syntax;
	const struct record *record; /* by which it was read: for written_has */
	const void *item;
	const struct namespace_syntax *namespace; /* NULL: the host's own */
	struct expand_bridge *bridges;
	size_t n_bridges;
	struct list addresses; /* struct expand_address */
	struct object *table;  /* its nft_table; NULL: none yet */
};

struct expansion {
	struct topology *topology;
	struct model *want;
	struct arena *arena; /* of want */
	const struct facts *facts;
	struct diag *diag;
	const struct expand_view *views, *self;
	size_t n_views;
	struct file_syntax *file;    /* of self */
	struct expand_place *places; /* the host's own first */
	size_t n_places;
};

#define FAMILY_INDEX(family) ((family) == AF_INET6)

/* The views of all hosts, or of the top level alone. Mistakes go to diag. In arena. */
struct expand_view *expand_read(const struct document *document, size_t *n, struct arena *arena,
				struct diag *diag);

/* ---- expand_object.c: adding objects ---- */

/* NULL, reported: it is there already. */
struct object *expand_add(struct expansion *x, const struct class *class, const char *place,
			  const char *name, const struct position *position);
/* A link of ours with its derived MAC; NULL, reported: the name is taken or no interface can have it. */
struct object *expand_add_link(struct expansion *x, const char *place, const char *name,
			       const char *kind, const struct position *position);
/* The link, made as an external one where nothing of the file makes it. */
struct object *expand_external(struct expansion *x, const char *place, const char *name,
			       const struct position *position);
/*
 * The link a ref means; in the host's place one that the file does not know is external. NULL: none, which
 * validation reports, because the ref stays.
 */
struct object *expand_resolve(struct expansion *x, const struct expand_place *place,
			      const struct ref *ref, const struct position *position);
void expand_addresses(struct expansion *x, struct expand_place *place, struct object *link,
		      const struct list *addresses);
void expand_sysctl(struct expansion *x, const char *place, const char *name, const char *value,
		   const struct position *position, bool implied);
struct nft_table *expand_table(struct expansion *x, struct expand_place *place);

/* Settings of a link from the file; marks them as written. */
void expand_set_mac(struct object *link, const struct mac *mac);
void expand_set_mtu(struct object *link, uint32_t mtu);
void expand_set_autoconf(struct object *link, bool autoconf);
void expand_set_up(struct object *link, bool up);
bool expand_wrote(const struct object *link, const char *key);

struct expand_place *expand_find_place(struct expansion *x, const char *name);
struct expand_bridge *expand_find_bridge(const struct expand_place *place, const char *name);
/* Reports "there is no bridge \"x\" …" with the nearest bridge as suggestion. */
void expand_no_bridge(struct expansion *x, const struct expand_place *place, const char *name,
		      const struct position *position);
/* The address of the place whose network holds addr; NULL: none. */
const struct expand_address *expand_covering(const struct expand_place *place,
					     const struct addr *addr);
extern const struct record record_expand_address;

/* ---- by subject, in the order of expand.c ---- */
void expand_namespaces(struct expansion *x);
void expand_place_links(struct expansion *x, struct expand_place *place);
void expand_wires(struct expansion *x);
void expand_tunnels(struct expansion *x, struct expand_place *place);
void expand_overlays(struct expansion *x);
void expand_attach(struct expansion *x);
void expand_plain_interfaces(struct expansion *x, struct expand_place *place);
void expand_ports(struct expansion *x, struct expand_place *place);
void expand_mtus(struct expansion *x);
void expand_nat(struct expansion *x, struct expand_place *place);
void expand_port_maps(struct expansion *x);
/* Which families each bridge and its members have. */
void expand_forward_families(struct expansion *x);
/* What IPv6 forwarding would cut off; after all forwarding is known. */
void expand_learning(struct expansion *x);
void expand_forward(struct expansion *x, struct expand_place *place);
void expand_routes(struct expansion *x, struct expand_place *place);
void expand_sysctls(struct expansion *x, struct expand_place *place);
void expand_hosts(struct expansion *x);
void expand_checks(struct expansion *x);

/* ---- shared between subjects ---- */

/* The entries of a vxlan interface's forwarding database. */
void expand_fdb(struct expansion *x, const struct object *link, const struct list *entries);
/* The interface of an overlay with mode: vxlan, without its bridge; NULL: reported. */
struct object *expand_vxlan(struct expansion *x, const struct overlay_syntax *overlay,
			    const char *name);

/* ---- of tunnels: expand_tunnel.c ---- */

struct object *tunnel_add_tap(struct expansion *x, struct expand_place *place, const char *name,
			      uint32_t mtu, const struct position *position);
struct object *tunnel_add_worker(struct expansion *x, struct expand_place *place, const char *name,
				 const struct object *tap, uint8_t encryption,
				 const struct position *position);
/* Reports a key that is missing, or is none; WHAT says whose. */
void tunnel_check_key(struct expansion *x, const char *key, const char *name, const char *what,
		      const struct position *position);
void tunnel_sort_peers(struct tunnel *tunnel);

/* ---- of overlays: expand_overlay.c ---- */

/* What is written of it; NULL: nothing, also where all hosts take part. */
const struct member_syntax *overlay_member(const struct overlay_syntax *overlay, const char *host);
bool overlay_has_member(const struct overlay_syntax *overlay, const char *host);
/* The first of a family, 0: of any; NULL: none. */
const struct addr *overlay_address(const struct list *addresses, uint8_t family);
/* What speaks on an overlay's bridge on one host: the bridge and its members. */
struct overlay_end {
	const struct expand_view *view;
	const char *place, *interface;
	bool is_foreign; /* made elsewhere */
	const struct mac *macaddress;
	const struct list *addresses; /* struct address_syntax */
};
typedef void overlay_visit(void *data, const struct overlay_end *end);
void overlay_each_end(struct expansion *x, const struct expand_view *view, const char *bridge,
		      overlay_visit *visit, void *data);
/* Appends a mac_item for every interface that speaks on the bridge of that name on another host. */
void overlay_macs(struct expansion *x, struct list *ret, const struct expand_view *view,
		  const char *bridge);
/* The endpoint of a host that is written, for this overlay or for all; NULL: none, its address is dialled. */
const char *overlay_endpoint_text(const struct overlay_syntax *overlay,
				  const struct expand_view *view);
/* Where that is written. */
const struct position *overlay_endpoint_position(const struct overlay_syntax *overlay,
						 const struct expand_view *view);
/* Whether it can be dialled at all: its endpoint is not "none". */
bool overlay_has_endpoint(const struct overlay_syntax *overlay, const struct expand_view *view);
/* Of a host without endpoint: false, reported, where nobody could reach it. */
bool overlay_check_reach(struct expansion *x, const struct overlay_syntax *overlay,
			 const struct expand_view *view, uint8_t encryption);
/*
 * The endpoint that is written, which replaces the address: ADDRESS[:PORT] or NAME[:PORT], PORT unless one is written.
 * False: reported.
 */
bool overlay_endpoint(struct expansion *x, const struct overlay_syntax *overlay,
		      const struct expand_view *view, uint8_t encryption, uint16_t port,
		      struct tunnel_endpoint *ret);
/* Reports hosts that would be dialled at one endpoint in two overlays: expand_endpoint.c. */
void expand_check_endpoints(struct expansion *x);
/* Reports addresses that two of its hosts have: expand_segment.c. */
void expand_check_segment(struct expansion *x, const struct overlay_syntax *overlay);
void overlay_no_address(struct expansion *x, const struct expand_view *view);
void overlay_no_peers(struct expansion *x, const struct overlay_syntax *overlay);

/* The name of attach `index` of a namespace inside it. */
const char *attach_interface(const struct host_syntax *host,
			     const struct namespace_syntax *namespace, size_t index,
			     struct arena *arena);
/* The text that MACs and names derive from: "name/host/place/interface". */
const char *derived_path(struct arena *arena, const char *name, const char *host, const char *place,
			 const char *interface);

#endif
