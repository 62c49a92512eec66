/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libyaml's events to nodes. The event API leaves to us: duplicate keys, undefined and recursive aliases, merge
 * keys, limits on depth and number, and what aliases expand to: ten lines can ask for ten thousand million nodes,
 * so an alias is counted before it is copied.
 */
#include "model/document_build.h"

#include "model/document_parse.h"
#include "model/document_syntax.h"
#include "model/key_index.h"
#include "model/text.h"

#include <string.h>
#include <yaml.h>

struct anchor {
	const char *name;
	struct node *node; /* NULL while it is being read */
	size_t size;	   /* nodes, itself included */
	unsigned height;   /* levels, itself included */
};

struct builder {
	yaml_parser_t yaml;
	const struct document_text *text;
	struct arena *arena;
	struct diag *diag;
	struct key_index anchors; /* name to struct anchor */
	size_t events;
	size_t *budget;
	bool failed; /* nothing more can be read */
};

#define AUTO_EVENT __attribute__((cleanup(yaml_event_delete)))

static struct node *build_node(struct builder *builder, const yaml_event_t *event, unsigned depth);

/* What is underlined ends with its first line. */
static struct position event_position(const struct builder *builder, const yaml_event_t *event)
{
	size_t start = document_text_offset(builder->text, event->start_mark.index);
	size_t end = document_text_offset(builder->text, event->end_mark.index);
	const char *text = builder->text->text;
	const char *newline;

	if (event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT)
		end = start;
	newline = end > start ? memchr(text + start, '\n', end - start) : NULL;
	if (newline)
		end = (size_t)(newline - text);
	return document_text_position(builder->text, start, end > start ? end - start : 0);
}

/* The next event, to be deleted by the caller. False: reading has ended, which is reported. */
static bool next_event(struct builder *builder, yaml_event_t *ret)
{
	struct position position;

	if (builder->failed)
		return false;
	if (!yaml_parser_parse(&builder->yaml, ret)) {
		document_syntax_error(&builder->yaml, builder->text, builder->diag);
		builder->failed = true;
		return false;
	}
	if (++builder->events > DOCUMENT_EVENTS_MAX) {
		position = event_position(builder, ret);
		diag_error(builder->diag, &position, "more than %d values in one file",
			   DOCUMENT_EVENTS_MAX);
		builder->failed = true;
	}
	return !builder->failed;
}

static void measure(const struct node *node, size_t *size, unsigned *height)
{
	const struct node *child;
	unsigned highest = 0;

	NODE_FOR_EACH (child, node) {
		unsigned below = 0;

		measure(child, size, &below);
		highest = below > highest ? below : highest;
	}
	++*size;
	*height = highest + 1;
}

/* NULL if the event has no anchor. A later anchor of the same name takes its place, as YAML has it. */
static struct anchor *open_anchor(struct builder *builder, const yaml_char_t *name)
{
	struct anchor *anchor;

	if (!name)
		return NULL;
	anchor = ARENA_NEW(builder->arena, struct anchor);
	anchor->name = arena_strdup(builder->arena, (const char *)name);
	key_index_set(&builder->anchors, anchor->name, anchor);
	return anchor;
}

static void close_anchor(struct anchor *anchor, struct node *node)
{
	if (!anchor || !node)
		return;
	anchor->node = node;
	measure(node, &anchor->size, &anchor->height);
}

static void undefined_alias(struct builder *builder, const struct position *position,
			    const char *name)
{
	size_t i;

	diag_error(builder->diag, position, "alias *%s has no anchor &%s before it", name, name);
	if (diag_count(builder->diag) == DIAG_MAX)
		return;
	for (i = 0; i < builder->anchors.n_slots; i++) {
		const char *candidate = builder->anchors.slots[i].key;

		if (candidate && text_is_near(name, candidate)) {
			diag_hint(builder->diag, "did you mean *%s?", candidate);
			return;
		}
	}
}

static struct node *build_alias(struct builder *builder, const yaml_event_t *event, unsigned depth)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = key_index_find(&builder->anchors, name);
	struct position position = event_position(builder, event);
	struct node *copy = NULL;

	if (!anchor) {
		undefined_alias(builder, &position, name);
	} else if (!anchor->node) {
		diag_error(builder->diag, &position, "alias *%s contains itself", name);
	} else if (depth + anchor->height - 1 > DOCUMENT_DEPTH_MAX) {
		diag_error(builder->diag, &position, "nested more than %d deep by alias *%s",
			   DOCUMENT_DEPTH_MAX, name);
	} else if (anchor->size > *builder->budget) {
		diag_error(builder->diag, &position, "aliases expand to more than %d values",
			   DOCUMENT_ALIAS_MAX);
		builder->failed = true;
	} else {
		*builder->budget -= anchor->size;
		copy = node_copy(builder->arena, anchor->node);
		copy->key = NULL;
		copy->position = position;
	}
	/* Something has to stand there, so that reading can go on; a map can also be merged. */
	return copy ? copy : node_new(builder->arena, NODE_MAP);
}

static void check_tag(struct builder *builder, const struct position *position,
		      const yaml_char_t *tag, bool is_scalar)
{
	const char *name = (const char *)tag;

	if (!name || !strcmp(name, "!") || (is_scalar && !strcmp(name, YAML_STR_TAG)))
		return;
	diag_error(builder->diag, position, "tag %s is not supported", name);
	diag_hint(builder->diag, "leave it out: each key knows its type");
}

/* The text in arena; "" after a NUL in it, which "\0" in double quotes makes, was reported. */
static const char *scalar_text(struct builder *builder, const yaml_event_t *event,
			       const struct position *position)
{
	const char *text = (const char *)event->data.scalar.value;

	if (strlen(text) != event->data.scalar.length) {
		diag_error(builder->diag, position, "a text cannot contain a NUL character");
		text = "";
	}
	return arena_strdup(builder->arena, text);
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
}

static struct node *build_scalar(struct builder *builder, const yaml_event_t *event)
{
	struct node *node = node_new(builder->arena, NODE_SCALAR);
	struct anchor *anchor = open_anchor(builder, event->data.scalar.anchor);

	node->position = event_position(builder, event);
	check_tag(builder, &node->position, event->data.scalar.tag, true);
	node->text = scalar_text(builder, event, &node->position);
	node->quoted = !is_plain(event);
	if (!node->quoted &&
	    (!node->text[0] || !strcmp(node->text, "~") || !strcmp(node->text, "null"))) {
		node->type = NODE_NULL;
		node->text = "";
	}
	close_anchor(anchor, node);
	return node;
}

static struct node *build_list(struct builder *builder, const yaml_event_t *start, unsigned depth)
{
	struct node *list = node_new(builder->arena, NODE_LIST);
	struct anchor *anchor = open_anchor(builder, start->data.sequence_start.anchor);

	list->position = event_position(builder, start);
	check_tag(builder, &list->position, start->data.sequence_start.tag, false);
	for (;;) {
		AUTO_EVENT yaml_event_t event = { 0 };

		if (!next_event(builder, &event))
			return NULL;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		struct node *child = build_node(builder, &event, depth + 1);
		if (!child)
			return NULL;
		node_append(list, child);
	}
	close_anchor(anchor, list);
	return list;
}

/* A map being read. */
struct map_state {
	struct node *map;
	struct key_index keys;
	struct node *merge;  /* value of "<<"; NULL: none */
	struct node *before; /* last key before "<<"; NULL: it was the first */
	bool is_flow;
};

static void free_map_state(struct map_state *state)
{
	key_index_free(&state->keys);
}

/* Adds the children of one map that are not there yet to a chain, which only borrows list functions. */
static void merge_map(struct map_state *state, struct node *source, struct node *chain)
{
	struct node *child, *next;

	for (child = source->first; child; child = next) {
		next = child->next;
		if (key_index_find(&state->keys, child->key))
			continue;
		key_index_set(&state->keys, child->key, child);
		node_append(chain, child);
	}
}

/* yaml.org/type/merge: own keys win over merged ones, earlier maps of a list over later ones. */
static void apply_merge(struct builder *builder, struct map_state *state)
{
	struct node *map = state->map, *merge = state->merge;
	struct node merged = { .kind = NODE_MAP };
	struct node *rest = state->before ? state->before->next : map->first;
	struct node *source, *next;

	if (merge->kind == NODE_MAP)
		merge_map(state, merge, &merged);
	for (source = merge->kind == NODE_LIST ? merge->first : NULL; source; source = next) {
		next = source->next;
		if (source->kind == NODE_MAP)
			merge_map(state, source, &merged);
		else
			diag_error(builder->diag, &source->position, "expected a map to merge");
	}
	if (merge->kind == NODE_SCALAR)
		diag_error(builder->diag, &merge->position,
			   "expected a map or a list of maps after \"<<\"");
	if (!merged.first)
		return;
	merged.last->next = rest;
	if (!rest)
		map->last = merged.last;
	if (state->before)
		state->before->next = merged.first;
	else
		map->first = merged.first;
	map->count += merged.count;
}

static void duplicate_key(struct builder *builder, const struct node *first,
			  const struct node *second)
{
	diag_error(builder->diag, &second->key_position,
		   "key \"%s\" is set twice in one map, first in line %u", second->key,
		   first->key_position.line);
}

/* "{mtu:1500}" is one key without a value. */
static void check_flow_key(struct builder *builder, const struct node *child, bool is_key_plain)
{
	const char *colon = strchr(child->key, ':');

	if (!is_key_plain || !colon || child->kind != NODE_SCALAR || child->type != NODE_NULL ||
	    child->position.length)
		return;
	diag_error(builder->diag, &child->key_position, "\"%s\" is a key without a value",
		   child->key);
	diag_hint(builder->diag, "write \"%.*s: %s\", with a blank after the colon",
		  (int)(colon - child->key), child->key, colon + 1);
}

/* Reads the value of a key that was just read; takes key, which is in arena. */
static bool build_value(struct builder *builder, struct map_state *state, const char *key,
			const yaml_event_t *key_event, unsigned depth)
{
	AUTO_EVENT yaml_event_t event = { 0 };
	struct node *child;
	const struct node *first;
	bool is_merge = is_plain(key_event) && !strcmp(key, "<<");

	if (!next_event(builder, &event))
		return false;
	child = build_node(builder, &event, depth + 1);
	if (!child)
		return false;
	child->key = key;
	child->key_position = event_position(builder, key_event);
	if (state->is_flow)
		check_flow_key(builder, child, is_plain(key_event));
	first = key_index_find(&state->keys, key);
	if (first) {
		duplicate_key(builder, first, child);
		return true;
	}
	key_index_set(&state->keys, key, child);
	if (is_merge) {
		state->merge = child;
		state->before = state->map->last;
	} else {
		node_append(state->map, child);
	}
	return true;
}

/* A key that is a map, a list or an alias, and its value: read to get past them. */
static bool skip_pair(struct builder *builder, const yaml_event_t *key, unsigned depth)
{
	AUTO_EVENT yaml_event_t event = { 0 };
	struct position position = event_position(builder, key);

	diag_error(builder->diag, &position, "expected a key, found %s",
		   key->type == YAML_ALIAS_EVENT	   ? "an alias"
		   : key->type == YAML_MAPPING_START_EVENT ? "a map"
							   : "a list");
	if (!build_node(builder, key, depth + 1) || !next_event(builder, &event))
		return false;
	return build_node(builder, &event, depth + 1) != NULL;
}

/* One key and its value. False: reading has ended. */
static bool build_pair(struct builder *builder, struct map_state *state, const yaml_event_t *key,
		       unsigned depth)
{
	struct position position;
	const struct node *node;

	if (key->type != YAML_SCALAR_EVENT)
		return skip_pair(builder, key, depth);
	node = build_scalar(builder, key);
	position = node->position;
	if (is_plain(key) && key->data.scalar.length == 0)
		diag_error(builder->diag, &position, "expected a key before \":\"");
	return build_value(builder, state,
			   arena_strdup(builder->arena, (const char *)key->data.scalar.value), key,
			   depth);
}

static struct node *build_map(struct builder *builder, const yaml_event_t *start, unsigned depth)
{
	__attribute__((cleanup(free_map_state))) struct map_state state = {
		.map = node_new(builder->arena, NODE_MAP),
		.is_flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
	};
	struct anchor *anchor = open_anchor(builder, start->data.mapping_start.anchor);

	state.map->position = event_position(builder, start);
	check_tag(builder, &state.map->position, start->data.mapping_start.tag, false);
	for (;;) {
		AUTO_EVENT yaml_event_t event = { 0 };

		if (!next_event(builder, &event))
			return NULL;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		if (!build_pair(builder, &state, &event, depth))
			return NULL;
	}
	if (state.merge)
		apply_merge(builder, &state);
	close_anchor(anchor, state.map);
	return state.map;
}

/* NULL: reading has ended. Only events that can start a node come here. */
static struct node *build_node(struct builder *builder, const yaml_event_t *event, unsigned depth)
{
	struct position position;

	if (depth > DOCUMENT_DEPTH_MAX) {
		position = event_position(builder, event);
		diag_error(builder->diag, &position, "nested more than %d deep",
			   DOCUMENT_DEPTH_MAX);
		builder->failed = true;
		return NULL;
	}
	if (event->type == YAML_ALIAS_EVENT)
		return build_alias(builder, event, depth);
	if (event->type == YAML_SCALAR_EVENT)
		return build_scalar(builder, event);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return build_list(builder, event, depth);
	return build_map(builder, event, depth);
}

/* The document's own events; what is before and after it is the caller's. */
static struct node *build_document(struct builder *builder, size_t *end)
{
	struct node *root = NULL;

	for (;;) {
		AUTO_EVENT yaml_event_t event = { 0 };

		if (!next_event(builder, &event))
			return NULL;
		if (event.type == YAML_STREAM_START_EVENT ||
		    event.type == YAML_DOCUMENT_START_EVENT)
			continue;
		if (event.type == YAML_DOCUMENT_END_EVENT) {
			*end = document_text_offset(builder->text, event.end_mark.index);
			return root;
		}
		root = build_node(builder, &event, 1);
		if (!root)
			return NULL;
	}
}

struct node *document_build(const struct document_text *text, struct arena *arena, size_t *budget,
			    size_t *end, struct diag *diag)
{
	struct builder builder = { .text = text, .arena = arena, .diag = diag, .budget = budget };
	struct node *root;

	if (!yaml_parser_initialize(&builder.yaml))
		arena_check(NULL);
	yaml_parser_set_encoding(&builder.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&builder.yaml, (const unsigned char *)text->text,
				     text->length);
	root = build_document(&builder, end);
	yaml_parser_delete(&builder.yaml);
	key_index_free(&builder.anchors);
	return root;
}
