/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Topologies of anybody, expanded for each of their hosts. What has no mistakes is printed without sugar, and that text
 * must expand to an equal model.
 */
#include "cmd/output_yaml.h"
#include "model/explicit.h"
#include "model/text.h"
#include "model/topology.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct facts facts = { .offline = true };

static void must(int condition)
{
	if (!condition)
		abort();
}

/* NULL: it has mistakes. */
static struct topology *expand(const char *text, size_t size, const char *host,
			       struct document **document)
{
	struct topology *topology = NULL;
	struct diag *diag = diag_new();
	struct error err = { 0 };

	*document = NULL;
	if (document_load_text(document, "fuzz.yaml", text, size, diag, &err) == 0 &&
	    topology_expand(&topology, *document, host, &facts, diag, &err) < 0)
		must(!topology);
	diag_free(diag);
	return topology;
}

static char *print(const struct topology *topology, size_t *size)
{
	struct arena *arena = arena_new();
	struct explicit_options options = { .name = topology->name, .host = topology->host };
	char *text = NULL;
	FILE *file = open_memstream(&text, size);

	must(file != NULL);
	output_yaml(file, explicit_tree(topology->want, &options, arena));
	fclose(file);
	arena_free(arena);
	return text;
}

static void must_be_equal(const struct model *a, const struct model *b)
{
	size_t i;

	must(model_count(a) == model_count(b));
	for (i = 0; i < model_count(a); i++) {
		const struct object *x = model_at(a, i), *y = model_at(b, i);

		must(object_compare(x, y) == 0 && x->external == y->external &&
		     x->protect == y->protect && object_same_shape(x, y) &&
		     object_diff(x, y) == 0 && object_diff(y, x) == 0);
	}
}

static void try_host(const char *text, size_t size, const char *host)
{
	struct document *document, *again;
	struct topology *topology = expand(text, size, host, &document), *same;
	size_t printed_size;
	char *printed;

	if (topology) {
		printed = print(topology, &printed_size);
		same = expand(printed, printed_size, host, &again);
		must(same != NULL);
		must_be_equal(topology->want, same->want);
		topology_free(same);
		document_free(again);
		free(printed);
	}
	topology_free(topology);
	document_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag *diag = diag_new();
	struct document *document = NULL;
	struct error err = { 0 };
	const struct node *hosts, *host;
	struct arena *arena = arena_new();
	struct addr *peers;
	int left = 4;

	if (document_load_text(&document, "fuzz.yaml", (const char *)data, size, diag, &err) == 0) {
		hosts = node_find(document_root(document), "hosts");
		topology_peer_addresses(document, NULL, arena, &peers);
		if (hosts && hosts->kind == NODE_MAP && hosts->count) {
			NODE_FOR_EACH (host, hosts) {
				topology_peer_addresses(document, host->key, arena, &peers);
				if (left-- > 0)
					try_host((const char *)data, size, host->key);
			}
		} else {
			try_host((const char *)data, size, NULL);
		}
	}
	arena_free(arena);
	document_free(document);
	diag_free(diag);
	return 0;
}
