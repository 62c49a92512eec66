/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fake/load.h"

#include "cmd/output_yaml.h"
#include "model/classes.h"
#include "model/explicit.h"
#include "model/link.h"
#include "model/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct facts load_facts = { .offline = true, .hostname = "machine" };

const char **load_hosts(const struct document *document, struct arena *arena, size_t *n)
{
	const struct node *hosts = node_find(document_root(document), "hosts"), *host;
	const char **names;

	*n = 0;
	if (!hosts || hosts->kind != NODE_MAP || !hosts->count) {
		*n = 1;
		return arena_alloc(arena, 2 * sizeof(*names));
	}
	names = arena_alloc(arena, (hosts->count + 1) * sizeof(*names));
	NODE_FOR_EACH (host, hosts) {
		names[(*n)++] = host->key;
	}
	return names;
}

struct topology *load_topology(const struct document *document, const char *host, struct diag *diag,
			       struct error *err)
{
	struct topology *topology;

	return topology_expand(&topology, document, host, &load_facts, diag, err) ? NULL : topology;
}

struct topology *load_text(const char *text, const char *host, struct document **document,
			   struct diag *diag, struct error *err)
{
	*document = NULL;
	if (document_load_text(document, "text", text, strlen(text), diag, err))
		return NULL;
	return load_topology(*document, host, diag, err);
}

static const struct list *addresses_of(const struct topology *topology)
{
	size_t i;

	for (i = 0; topology->host && i < topology->n_hosts; i++)
		if (!strcmp(topology->hosts[i].name, topology->host))
			return &topology->hosts[i].addresses;
	return NULL;
}

char *load_render(const struct topology *topology)
{
	const struct explicit_options options = {
		.name = topology->name,
		.host = topology->host,
		.labels = topology->labels,
		.addresses = addresses_of(topology),
	};
	struct arena *arena = arena_new();
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	output_yaml(file, explicit_tree(topology->want, &options, arena));
	fclose(file);
	arena_free(arena);
	return text;
}

static bool complain(const struct object *object, const char *what)
{
	AUTO_TEXT struct text path = { 0 };

	object_path(object, &path);
	fprintf(stderr, "%s %s: %s\n", object->class->name, text_get(&path), what);
	return false;
}

static bool objects_equal(const struct object *a, const struct object *b)
{
	const struct field *field;
	uint64_t mask;
	size_t i;
	void *data;

	if (!b)
		return complain(a, "is in one model only");
	if (a->external != b->external || a->protect != b->protect)
		return complain(a, "external or protected in one model only");
	if (!object_same_shape(a, b))
		return complain(a, "of two kinds");
	mask = object_diff(a, b) | object_diff(b, a);
	for (i = 0; mask && object_field(a, i, &field, &data); i++)
		if (mask & 1ULL << i)
			return complain(a, field->name);
	return true;
}

bool load_models_equal(const struct model *a, const struct model *b)
{
	bool equal = true;
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, a, i) {
		equal &= objects_equal(object,
				       model_find(b, object->class, object->place, object->name));
	}
	MODEL_FOR_EACH (object, b, i) {
		if (!model_find(a, object->class, object->place, object->name))
			equal = complain(object, "is in the other model only");
	}
	return equal;
}

static bool is_lo(const struct object *object)
{
	return object->class == &class_link && object->place[0] && !strcmp(object->name, "lo");
}

struct model *load_live(const struct model *want, bool only_foreign)
{
	struct model *live = model_new();
	struct object *object, *copy;
	size_t i;

	MODEL_FOR_EACH (object, want, i) {
		if (only_foreign && (!object->external || is_lo(object)))
			continue;
		copy = model_copy_object(live, object);
		if (!object->external)
			continue;
		copy->owner = is_lo(object) ? OWNER_KERNEL : OWNER_FOREIGN;
		copy->external = false;
		copy->written = 0;
		if (only_foreign)
			link_set_kind(copy->data, NULL, model_arena(live));
		if (only_foreign)
			object_link(copy)->master.name = NULL;
	}
	return live;
}
