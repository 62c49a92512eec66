/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees to JSON through jansson. Its only failures are out of memory, which ends the program. */
#include "cmd/output_json.h"

#include "cmd/output_utf8.h"

#include "model/arena.h"
#include "model/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that are not UTF-8 become U+FFFD: JSON cannot hold them. */
static void add_clean(struct text *ret, const char *text)
{
	uint32_t c;
	size_t size;

	for (; *text; text += size) {
		size = utf8_next(text, &c);
		if (size)
			text_add_bytes(ret, text, size);
		else
			text_add(ret, "\ufffd");
		size = size ? size : 1;
	}
}

static json_t *scalar(const struct node *node)
{
	AUTO_TEXT struct text text = { 0 };

	switch (node->type) {
	case NODE_TEXT:
		break;
	case NODE_NUMBER:
		return json_integer(strtoll(node->text, NULL, 10));
	case NODE_BOOL:
		return json_boolean(!strcmp(node->text, "true"));
	case NODE_NULL:
		return json_null();
	}
	add_clean(&text, node->text);
	return json_string(text_get(&text));
}

static json_t *convert(const struct node *node)
{
	const struct node *child;
	json_t *json;

	switch (node->kind) {
	case NODE_SCALAR:
		return arena_check(scalar(node));
	case NODE_MAP:
		json = arena_check(json_object());
		NODE_FOR_EACH (child, node) {
			AUTO_TEXT struct text key = { 0 };

			add_clean(&key, child->key);
			json_object_set_new(json, text_get(&key), convert(child));
		}
		return json;
	case NODE_LIST:
		json = arena_check(json_array());
		NODE_FOR_EACH (child, node) {
			json_array_append_new(json, convert(child));
		}
		return json;
	}
	return arena_check(NULL);
}

void output_json(FILE *file, const struct node *tree, enum json_layout layout)
{
	json_t *json = convert(tree);

	json_dumpf(json, file, layout == JSON_LINE ? JSON_COMPACT : JSON_INDENT(2));
	fputc('\n', file);
	json_decref(json);
}
