/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology as one host sees it: what is wanted there, and what is about all hosts (their addresses, the checks).
 * Made from a document and struct facts by expansion; sugar is gone, everything derived is filled in.
 */
#ifndef MODEL_TOPOLOGY_H
#define MODEL_TOPOLOGY_H

#include "model/diag.h"
#include "model/document.h"
#include "model/error.h"
#include "model/facts.h"
#include "model/model.h"

/* A machine of the file. */
struct topology_host {
	const char *name;
	struct list addresses; /* struct addr_item: underlay, in the order written */
	const char *endpoint;  /* as written; NULL: its address */
	const char *uplink;    /* as written, variables resolved; NULL or "auto" */
	struct position position;
};

enum check_kind { CHECK_PING, CHECK_TCP, CHECK_UDP };
enum check_expect { CHECK_REACHABLE, CHECK_UNREACHABLE };

/* One test of the file's `checks` (or `guard`). A list of targets becomes one check each. */
struct topology_check {
	enum check_kind kind;
	const char *from_host, *from_place; /* place "": the host itself; host NULL: this machine */
	const char *target;		    /* as written */
	struct addr address;		    /* unset: a name, to be looked up */
	uint16_t port;			    /* tcp, udp */
	uint32_t size;			    /* ping payload bytes; 0: default 56 */
	bool size_mtu;	    /* ping the largest that fits the route's MTU, not fragmented */
	uint32_t within_ms; /* how long it may take to become true; default 5000 */
	enum check_expect expect;
	const char *at_host, *at_place; /* where it must arrive; at_place NULL: not said */
	bool is_outside;		/* the target is no address of any place of the file */
	struct position position;
};

struct topology_checks {
	struct topology_check *items;
	size_t n;
};

struct topology {
	struct arena *arena;
	const char *name;
	const char *host; /* this host's key; NULL where the file has no `hosts` */
	const char *
		host_label; /* for derived names and messages: host, else the short hostname, else "host" */
	struct node *labels; /* a map of texts; NULL: none */
	struct topology_host *hosts;
	size_t n_hosts;
	struct topology_checks checks, guard;
	struct model *want;
	uint8_t protocol; /* set by the caller before planning, see reconcile/scope.h */
};

/* Underlay addresses of the other hosts, whose path MTUs expansion wants to know: for facts_read_paths. */
size_t topology_peer_addresses(const struct document *document, const char *host,
			       struct arena *arena, struct addr **ret);

/*
 * Expands and validates. The document must outlive *ret: positions borrow its file names. host as identity_resolve gave it. Mistakes go to diag, also warnings; returns
 * -EBADMSG with *ret NULL if there were errors.
 */
int topology_expand(struct topology **ret, const struct document *document, const char *host,
		    const struct facts *facts, struct diag *diag, struct error *err);
void topology_free(struct topology *topology); /* accepts NULL */

/*
 * Who am I, by the order of vnetapply.yaml(5): flag, VNETAPPLY_HOST, the host file's text, match, names, addresses. Any
 * of the three may be NULL. *ret is NULL where the file has no `hosts`. `reasoning`, if not NULL, gets one line
 * per step, with what was compared. No answer or two answers: -EADDRNOTAVAIL, with what was compared.
 */
struct identity_sources {
	const char *flag, *environment, *host_file;
};
int identity_resolve(const char **ret, const struct document *document,
		     const struct identity_sources *sources, const struct facts *facts,
		     struct text *reasoning, struct error *err);

/* "02" and the first 5 bytes of SHA-256 of "name/host/place/interface" (place "" is "host"). */
struct mac derived_mac(const char *name, const char *host, const char *place,
		       const char *interface);

#endif
