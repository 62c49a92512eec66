/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON to trees through jansson, whose parser is strict, and bounded in depth by itself. */
#include "cmd/input_json.h"

#include <errno.h>
#include <jansson.h>

#define DEPTH_MAX 32

static struct node *convert(json_t *json, unsigned depth, struct arena *arena);

/* Each returns NULL for what input_json refuses. */
static struct node *convert_map(json_t *json, unsigned depth, struct arena *arena)
{
	struct node *map = node_new(arena, NODE_MAP), *child;
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value)
	{
		child = convert(value, depth + 1, arena);
		if (!child)
			return NULL;
		node_add(arena, map, key, child);
	}
	return map;
}

static struct node *convert_list(json_t *json, unsigned depth, struct arena *arena)
{
	struct node *list = node_new(arena, NODE_LIST), *child;
	size_t i;

	for (i = 0; i < json_array_size(json); i++) {
		child = convert(json_array_get(json, i), depth + 1, arena);
		if (!child)
			return NULL;
		node_append(list, child);
	}
	return list;
}

static struct node *convert(json_t *json, unsigned depth, struct arena *arena)
{
	if (depth > DEPTH_MAX)
		return NULL;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return convert_map(json, depth, arena);
	case JSON_ARRAY:
		return convert_list(json, depth, arena);
	case JSON_STRING:
		return node_new_text(arena, NODE_TEXT,
				     arena_strdup(arena, json_string_value(json)));
	case JSON_INTEGER:
		return node_new_text(
			arena, NODE_NUMBER,
			arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json)));
	case JSON_TRUE:
	case JSON_FALSE:
		return node_new_text(arena, NODE_BOOL, json_is_true(json) ? "true" : "false");
	case JSON_NULL:
		return node_new_text(arena, NODE_NULL, NULL);
	case JSON_REAL:
		return NULL;
	}
	return NULL;
}

int input_json(struct node **ret, const char *text, size_t size, struct arena *arena,
	       struct error *err)
{
	json_error_t where;
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
	struct node *tree = json ? convert(json, 0, arena) : NULL;
	bool is_json = json;

	json_decref(json);
	if (!is_json)
		return error_set(err, EBADMSG, "line %d, column %d: %s", where.line, where.column,
				 where.text);
	if (!tree)
		return error_set(err, EBADMSG, "deeper than %d levels, or a fraction", DEPTH_MAX);
	*ret = tree;
	return 0;
}
