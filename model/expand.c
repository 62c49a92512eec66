/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a document and the facts to what is wanted on one host. The steps and their order are here; each subject has a
 * file of its own. Reading (expand_read.c) must have gone well first: a derived value of a wrong
 * one would only be told as a second mistake.
 */
#include "model/expand.h"

#include "model/text.h"
#include "model/validate.h"

#include <errno.h>
#include <string.h>

/* ---- places ---- */

static void set_places(struct expansion *x)
{
	const struct list *namespaces = &x->file->host.namespaces;
	size_t i;

	x->n_places = namespaces->n + 1;
	x->places = arena_alloc(x->arena, x->n_places * sizeof(*x->places));
	x->places[0] = (struct expand_place){
		.name = "",
		.syntax = &x->file->host.place,
		.record = &record_view,
		.item = x->file,
	};
	for (i = 0; i < namespaces->n; i++) {
		const struct namespace_syntax *namespace =
			list_item(namespaces, &record_namespace, i);

		x->places[i + 1] = (struct expand_place){
			.name = namespace->item.name,
			.syntax = &namespace->place,
			.record = &record_namespace,
			.item = namespace,
			.namespace = namespace,
		};
	}
}

/* Without `hosts` the paths that names and MACs derive from begin with this machine's name. */
static const char *host_label(const struct expansion *x)
{
	if (x->self->name)
		return x->self->name;
	return x->facts->hostname ? arena_strdup(x->arena, x->facts->hostname) : "host";
}

static struct node *read_labels(const struct expansion *x)
{
	struct node *map;
	size_t i;

	if (!x->file->labels.n)
		return NULL;
	map = node_new(x->arena, NODE_MAP);
	for (i = 0; i < x->file->labels.n; i++) {
		const struct text_syntax *label = list_item(&x->file->labels, &record_label, i);

		node_set_text(x->arena, map, label->item.name, label->text);
	}
	return map;
}

/* ---- the steps ---- */

static void for_each_place(struct expansion *x,
			   void (*step)(struct expansion *, struct expand_place *))
{
	size_t i;

	for (i = 0; i < x->n_places; i++)
		step(x, &x->places[i]);
}

static void expand(struct expansion *x)
{
	set_places(x);
	expand_table(x, &x->places[0]);
	expand_namespaces(x);
	/* All links, those first whose names the file gives: derived names keep out of their way. */
	for_each_place(x, expand_place_links);
	expand_wires(x);
	for_each_place(x, expand_tunnels);
	expand_overlays(x);
	expand_attach(x);
	for_each_place(x, expand_plain_interfaces);
	for_each_place(x, expand_ports);
	/* What depends on which link is a port of which. */
	expand_mtus(x);
	expand_forward_families(x);
	for_each_place(x, expand_sysctls);
	for_each_place(x, expand_nat);
	expand_port_maps(x);
	for_each_place(x, expand_forward);
	expand_learning(x);
	for_each_place(x, expand_routes);
	expand_hosts(x);
	expand_checks(x);
}

static int check_host_name(const struct expand_view *views, size_t n, const char *host,
			   const struct expand_view **ret, struct error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (text_equal(views[i].name, host)) {
			*ret = &views[i];
			return 0;
		}
	}
	if (host)
		return error_set(err, EADDRNOTAVAIL, "the topology has no host \"%s\"", host);
	return error_set(err, EADDRNOTAVAIL,
			 "the topology has hosts: which one this is must be said");
}

int topology_expand(struct topology **ret, const struct document *document, const char *host,
		    const struct facts *facts, struct diag *diag, struct error *err)
{
	struct model *want = model_new();
	struct arena *arena = model_arena(want);
	struct topology *topology = ARENA_NEW(arena, struct topology);
	struct expansion x = { .want = want, .arena = arena, .facts = facts, .diag = diag };
	size_t errors = diag_met(diag);
	int r = 0;

	x.topology = topology;
	topology->arena = arena;
	topology->want = want;
	x.views = expand_read(document, &x.n_views, arena, diag);
	if (diag_met(diag) == errors)
		r = check_host_name(x.views, x.n_views, host, &x.self, err);
	if (diag_met(diag) == errors && !r) {
		/* Mistakes of both kinds are told in one run. */
		x.file = x.self->file;
		topology->name = x.file->name;
		topology->host = x.self->name;
		topology->host_label = host_label(&x);
		topology->labels = read_labels(&x);
		expand(&x);
		validate_model(topology, diag);
	}
	if (diag_met(diag) != errors)
		r = error_set(err, EBADMSG, "the topology has mistakes");
	if (r) {
		topology_free(topology);
		return r;
	}
	*ret = topology;
	return 0;
}

/* Everything, the topology too, is in the arena of `want`. */
void topology_free(struct topology *topology)
{
	if (topology)
		model_free(topology->want);
}
