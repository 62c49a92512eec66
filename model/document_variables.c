/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables are resolved when they are first used, so that their order does not matter and a circle is seen. What
 * they insert is counted: a few lines that double each other would otherwise fill the memory.
 */
#include "model/document_variables.h"

#include "model/key_index.h"
#include "model/text.h"

#include <string.h>

#define NAME_START "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME_REST  NAME_START "0123456789"

#define DEPTH_MAX 32 /* variables in variables */

enum state { STATE_RAW, STATE_RESOLVING, STATE_RESOLVED };

struct variable {
	struct variable *next;
	const char *name;
	const char *value;	  /* raw, then resolved; NULL: removed by null */
	const char *origin;	  /* "--var"; NULL: from a file */
	struct position position; /* of the value, if from a file */
	bool quoted, used;
	enum state state;
};

struct document_variables {
	struct arena *arena;
	struct diag *diag;
	struct key_index names; /* to struct variable */
	struct variable *first, **end;
	size_t left; /* bytes that may still be inserted */
	unsigned depth;
	bool is_full;
};

/* A text being expanded. */
struct source {
	const char *text;
	const struct position *position; /* NULL: from an option */
	bool quoted;
};

static const char *resolve(struct document_variables *variables, struct variable *variable);

struct document_variables *document_variables_new(struct arena *arena, struct diag *diag)
{
	struct document_variables *variables = ARENA_NEW(arena, struct document_variables);

	variables->arena = arena;
	variables->diag = diag;
	variables->end = &variables->first;
	variables->left = DOCUMENT_VARIABLES_MAX;
	return variables;
}

void document_variables_free(struct document_variables *variables)
{
	if (variables)
		key_index_free(&variables->names);
}

static bool is_name(const char *text)
{
	return text[0] && strchr(NAME_START, text[0]) && !text[strspn(text, NAME_REST)];
}

static void add(struct document_variables *variables, const struct variable *variable)
{
	struct variable *known = key_index_find(&variables->names, variable->name);

	if (known) {
		struct variable *next = known->next;

		*known = *variable;
		known->next = next;
		return;
	}
	known = arena_memdup(variables->arena, variable, sizeof(*variable));
	known->next = NULL;
	*variables->end = known;
	variables->end = &known->next;
	key_index_set(&variables->names, known->name, known);
}

static void add_node(struct document_variables *variables, const struct node *node)
{
	struct diag *diag = variables->diag;

	if (!is_name(node->key)) {
		diag_error(diag, &node->key_position,
			   "expected a variable's name: letters, digits and \"_\"");
		return;
	}
	if (node->kind != NODE_SCALAR) {
		diag_error(diag, &node->position, "expected one value for variable \"%s\"",
			   node->key);
		return;
	}
	add(variables, &(const struct variable){
			       .name = node->key,
			       .value = node_is_null(node) ? NULL : node->text,
			       .position = node->position,
			       .quoted = node->quoted,
		       });
}

void document_variables_add_map(struct document_variables *variables, const struct node *map)
{
	const struct node *child;

	if (node_is_null(map))
		return;
	if (map->kind != NODE_MAP) {
		diag_error(variables->diag, &map->position, "expected a map of variables");
		return;
	}
	NODE_FOR_EACH (child, map) {
		add_node(variables, child);
	}
}

void document_variables_add(struct document_variables *variables,
			    const struct document_variable *variable)
{
	struct arena *arena = variables->arena;

	if (!is_name(variable->name)) {
		diag_error(variables->diag, NULL,
			   "%s: \"%s\" is no variable's name: letters, digits and \"_\"",
			   variable->origin, variable->name);
		return;
	}
	add(variables, &(const struct variable){
			       .name = arena_strdup(arena, variable->name),
			       .value = arena_strdup(arena, variable->value),
			       .origin = arena_strdup(arena, variable->origin),
		       });
}

/* Where in the file `length` bytes of a source stand, as far as a text without escapes tells. */
static const struct position *position_in(const struct source *source, const char *at,
					  size_t length, struct position *buffer)
{
	size_t quote = source->quoted ? 1 : 0;

	if (!source->position)
		return NULL;
	*buffer = *source->position;
	if (buffer->length == strlen(source->text) + 2 * quote) {
		buffer->column += (uint32_t)((size_t)(at - source->text) + quote);
		buffer->length = (uint32_t)length;
	}
	return buffer;
}

static const char *nearest(const struct document_variables *variables, const char *name)
{
	const struct variable *variable;

	for (variable = variables->first; variable; variable = variable->next)
		if (!text_equal(name, variable->name) && text_is_near(name, variable->name))
			return variable->name;
	return NULL;
}

static void undefined(struct document_variables *variables, const struct position *position,
		      const char *name)
{
	bool is_kept = diag_count(variables->diag) < DIAG_MAX;
	const char *near = is_kept ? nearest(variables, name) : NULL; /* it looks at all of them */

	diag_error(variables->diag, position, "variable \"%s\" is not defined", name);
	if (near)
		diag_hint(variables->diag, "did you mean \"%s\"?", near);
	else
		diag_hint(variables->diag, "define it under vars, or with --var %s=VALUE", name);
}

static void insert(struct document_variables *variables, const struct position *position,
		   const char *value, size_t length, struct text *ret)
{
	if (length <= variables->left) {
		variables->left -= length;
		text_add_bytes(ret, value, length);
		return;
	}
	if (!variables->is_full)
		diag_error(variables->diag, position, "variables expand to more than %u MiB",
			   DOCUMENT_VARIABLES_MAX >> 20);
	variables->is_full = true;
}

/* One "${…}" at `at`, which ends before `end`. */
static void expand_one(struct document_variables *variables, const struct source *source,
		       const char *at, const char *end, struct text *ret)
{
	const char *name_start = at + 2, *fallback = NULL, *value = NULL;
	size_t length = strspn(name_start, NAME_REST);
	struct position buffer;
	const struct position *position = position_in(source, at, (size_t)(end + 1 - at), &buffer);
	struct variable *variable;
	char *name = arena_strndup(variables->arena, name_start, length);

	if (!strncmp(name_start + length, ":-", 2))
		fallback = name_start + length + 2;
	if (!is_name(name) || (!fallback && name_start + length != end)) {
		diag_error(variables->diag, position, "expected ${name} or ${name:-default}");
		diag_hint(variables->diag, "write \"$${\" for a literal \"${\"");
		return;
	}
	variable = key_index_find(&variables->names, name);
	if (variable) {
		variable->used = true;
		value = resolve(variables, variable);
	}
	if (fallback && (!value || !value[0]))
		insert(variables, position, fallback, (size_t)(end - fallback), ret);
	else if (value)
		insert(variables, position, value, strlen(value), ret);
	else
		undefined(variables, position, name);
}

/* NULL: nothing to replace, text stands as it is. Otherwise the new text, in arena. */
static const char *expand(struct document_variables *variables, const struct source *source)
{
	AUTO_TEXT struct text ret = { 0 };
	const char *at = source->text, *dollar, *end;
	struct position buffer;

	if (!strstr(source->text, "${"))
		return NULL;
	while ((dollar = strstr(at, "${"))) {
		if (dollar > at && dollar[-1] == '$') {
			text_add_bytes(&ret, at, (size_t)(dollar - 1 - at));
			text_add_bytes(&ret, "${", 2);
			at = dollar + 2;
			continue;
		}
		text_add_bytes(&ret, at, (size_t)(dollar - at));
		end = strchr(dollar, '}');
		if (!end) {
			diag_error(variables->diag, position_in(source, dollar, 2, &buffer),
				   "expected \"}\" after \"${\"");
			return NULL;
		}
		expand_one(variables, source, dollar, end, &ret);
		at = end + 1;
	}
	text_add_bytes(&ret, at, strlen(at));
	return arena_strdup(variables->arena, text_get(&ret));
}

/* The value with its own variables replaced; NULL: removed. */
static const char *resolve(struct document_variables *variables, struct variable *variable)
{
	struct source source = {
		.text = variable->value,
		.position = variable->position.file ? &variable->position : NULL,
		.quoted = variable->quoted,
	};
	const char *expanded;

	if (variable->state == STATE_RESOLVED || !variable->value)
		return variable->value;
	if (variable->state == STATE_RESOLVING || variables->depth == DEPTH_MAX) {
		diag_error(variables->diag, source.position,
			   variable->state == STATE_RESOLVING
				   ? "variable \"%s\" contains itself"
				   : "variable \"%s\" is too far down in others",
			   variable->name);
		return "";
	}
	variable->state = STATE_RESOLVING;
	variables->depth++;
	expanded = expand(variables, &source);
	variables->depth--;
	if (expanded)
		variable->value = expanded;
	variable->state = STATE_RESOLVED;
	return variable->value;
}

static bool apply_key(struct document_variables *variables, struct node *child)
{
	struct source source = { .text = child->key, .position = &child->key_position };
	const char *expanded;

	source.quoted = child->key_position.length == strlen(child->key) + 2;
	expanded = expand(variables, &source);
	if (expanded)
		child->key = expanded;
	return expanded != NULL;
}

/* Keys that were different may have become one. */
static void check_keys(struct document_variables *variables, const struct node *map)
{
	AUTO_KEY_INDEX struct key_index keys = { 0 };
	struct node *child;

	NODE_FOR_EACH (child, map) {
		const struct node *first = key_index_set(&keys, child->key, child);

		if (first)
			diag_error(variables->diag, &child->key_position,
				   "key \"%s\" is set twice in one map, first in line %u",
				   child->key, first->key_position.line);
	}
}

void document_variables_apply(struct document_variables *variables, struct node *tree)
{
	bool has_new_keys = false;
	struct node *child;

	if (tree->kind == NODE_SCALAR && tree->type == NODE_TEXT) {
		struct source source = { .text = tree->text,
					 .position = &tree->position,
					 .quoted = tree->quoted };
		const char *expanded = expand(variables, &source);

		if (expanded)
			tree->text = expanded;
		return;
	}
	NODE_FOR_EACH (child, tree) {
		if (tree->kind == NODE_MAP)
			has_new_keys |= apply_key(variables, child);
		document_variables_apply(variables, child);
	}
	if (has_new_keys)
		check_keys(variables, tree);
}

void document_variables_check_used(const struct document_variables *variables)
{
	const struct variable *variable;

	for (variable = variables->first; variable; variable = variable->next) {
		const char *near = nearest(variables, variable->name);

		if (variable->used || !text_equal(variable->origin, "--var"))
			continue;
		diag_warning(variables->diag, NULL, "--var %s: nothing uses this variable",
			     variable->name);
		if (near)
			diag_hint(variables->diag, "did you mean \"%s\"?", near);
	}
}
