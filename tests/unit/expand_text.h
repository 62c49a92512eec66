/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A topology in, objects of a class as lines or the exact messages out. Needs cmocka included first. */
#ifndef TESTS_UNIT_EXPAND_TEXT_H
#define TESTS_UNIT_EXPAND_TEXT_H

#include "model/classes.h"
#include "model/link.h"
#include "model/topology.h"
#include "tests/unit/tree_text.h"

#include <string.h>

struct expand_vector {
	const char *yaml;	   /* below "version: 1" and "name: t" */
	const char *host;	   /* NULL: no hosts */
	const struct class *class; /* whose objects are told; NULL: messages */
	const char *path;	   /* of the one object that is told; NULL: all of them */
	const char *expected;
};

/*
 * "place/name {rows that differ from the default}", sections side by side; "~" before an external one, "<-> place/name"
 * before a veth's peer.
 */
static inline void object_text(const struct object *object, struct text *ret)
{
	struct section sections[SECTION_MAX];
	struct arena *arena = arena_new();
	size_t n = object_sections(object, sections), i;

	text_add(ret, "%s%s%s/%s", ret->length ? "\n" : "", object->external ? "~" : "",
		 object->place[0] ? object->place : "host", object->name);
	for (i = 0; i < n; i++) {
		struct node *node = record_to_node(sections[i].record, sections[i].data, arena);

		if (i && !node->count)
			continue;
		text_add(ret, " ");
		tree_text(node, ret);
	}
	if (object->class == &class_link && ref_is_set(&object_link(object)->peer)) {
		const struct ref *peer = &object_link(object)->peer;

		text_add(ret, " <-> %s/%s", peer->place[0] ? peer->place : "host", peer->name);
	}
	text_add(ret, "%s", object->protect ? " protected" : "");
	arena_free(arena);
}

static inline void objects_text(const struct model *model, const struct class *class,
				const char *path, struct text *ret)
{
	struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, model, i) {
		AUTO_TEXT struct text name = { 0 };

		object_path(object, &name);
		if (object->class == class && (!path || !strcmp(path, text_get(&name))))
			object_text(object, ret);
	}
}

/* The caller frees *document too, last. */
static inline struct topology *expand_yaml(const char *yaml, const char *host,
					   const struct facts *facts, struct document **document,
					   struct diag *diag)
{
	AUTO_TEXT struct text text = { 0 };
	struct topology *topology = NULL;
	struct error err = { 0 };

	*document = NULL;
	text_add(&text, "version: 1\nname: t\n%s", yaml);
	if (document_load_text(document, "f", text.data, text.length, diag, &err) == 0 &&
	    topology_expand(&topology, *document, host, facts, diag, &err) < 0)
		assert_null(topology);
	return topology;
}

static inline void expand_check(const struct expand_vector *vector, const struct facts *facts)
{
	AUTO_TEXT struct text actual = { 0 };
	struct diag *diag = diag_new();
	struct document *document;
	struct topology *topology = expand_yaml(vector->yaml, vector->host, facts, &document, diag);

	if (vector->class && topology)
		objects_text(topology->want, vector->class, vector->path, &actual);
	else
		diag_text(diag, &actual);
	assert_string_equal(text_get(&actual), vector->expected);
	topology_free(topology);
	document_free(document);
	diag_free(diag);
}

#define EXPAND_ALL(vectors, facts)                                                                 \
	do {                                                                                       \
		for (size_t i = 0; i < sizeof(vectors) / sizeof((vectors)[0]); i++)                \
			expand_check(&(vectors)[i], (facts));                                      \
	} while (0)

#endif
