/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Topologies for tests, read as on no machine in particular: offline, and its name is "machine". */
#ifndef TESTS_FAKE_LOAD_H
#define TESTS_FAKE_LOAD_H

#include "model/topology.h"

extern const struct facts load_facts;

/* The document's hosts, in a NULL-ended array of arena; { NULL, NULL } where it has no `hosts`. At least one entry. */
const char **load_hosts(const struct document *document, struct arena *arena, size_t *n);

/* The same as the program does. Errors and mistakes: NULL. */
struct topology *load_topology(const struct document *document, const char *host, struct diag *diag,
			       struct error *err);
/* From a text in memory. *document, which the topology borrows from, is to be freed after it. */
struct topology *load_text(const char *text, const char *host, struct document **document,
			   struct diag *diag, struct error *err);

/* What explicit_tree prints for it, as YAML; to be freed. */
char *load_render(const struct topology *topology);

/* The same objects with the same rows, and nothing else. Writes the first that differs to standard error. */
bool load_models_equal(const struct model *a, const struct model *b);

/*
 * What a machine looks like when it is as `want` says: objects made elsewhere are foreign or the kernel's there. With
 * only_foreign, nothing else is there yet.
 */
struct model *load_live(const struct model *want, bool only_foreign);

#endif
