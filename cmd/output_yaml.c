/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML for people and for every reader: a text that a YAML 1.1 reader would take for a number, a truth value, a date or
 * nothing is quoted, though our own reader types by schema. What is not plainly safe is quoted too.
 */
#include "cmd/output_yaml.h"

#include "cmd/output_utf8.h"

#include "model/text.h"

#include <string.h>
#include <strings.h>

#define LINE_MAX_WIDTH 100

static bool is_word_of_yaml(const char *text)
{
	static const char *const words[] = {
		"y", "n", "yes", "no", "on", "off", "true", "false", "null",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

/* Every number, time of day and date of YAML 1.1 and 1.2; two dots make it something else, an address mostly. */
static bool looks_like_number(const char *text)
{
	const char *c;
	size_t dots = 0;

	if (!strcasecmp(text, ".inf") || !strcasecmp(text, ".nan"))
		return true;
	if (!strchr("0123456789.", text[0]))
		return false;
	for (c = text; *c; c++)
		dots += *c == '.';
	return dots < 2 && strspn(text, "0123456789abcdefABCDEFxXoO_.+-") == strlen(text);
}

static bool is_plain(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_./";

	if (!text[0] || !strchr(letters, text[0]) || is_word_of_yaml(text) ||
	    looks_like_number(text))
		return false;
	for (; *text; text++)
		if (!strchr(letters, *text) && !strchr("-+@", *text))
			return false;
	return true;
}

/* What YAML allows unescaped within double quotes; all else as an escape (YAML 1.2, 5.1 and 5.7). */
static bool is_printable(uint32_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c < 0xd800 && c != 0x2028 && c != 0x2029) ||
	       (c >= 0xe000 && c < 0xfffe && c != 0xfeff) || c >= 0x10000;
}

static void add_quoted(struct text *line, const char *text)
{
	uint32_t c;
	size_t size;

	text_add(line, "\"");
	for (; *text; text += size) {
		size = utf8_next(text, &c);
		if (!size) {
			text_add(line, "\\uFFFD");
			size = 1;
		} else if (c == '"' || c == '\\') {
			text_add(line, "\\%c", (int)c);
		} else if (c == '\n') {
			text_add(line, "\\n");
		} else if (c == '\t') {
			text_add(line, "\\t");
		} else if (is_printable(c)) {
			text_add_bytes(line, text, size);
		} else {
			text_add(line, "\\u%04X", c);
		}
	}
	text_add(line, "\"");
}

static void add_text(struct text *line, const char *text)
{
	if (is_plain(text))
		text_add(line, "%s", text);
	else
		add_quoted(line, text);
}

static void add_scalar(struct text *line, const struct node *node)
{
	switch (node->type) {
	case NODE_TEXT:
		add_text(line, node->text);
		return;
	case NODE_NUMBER:
	case NODE_BOOL:
		text_add(line, "%s", node->text);
		return;
	case NODE_NULL:
		text_add(line, "null");
		return;
	}
}

static void add_flow(struct text *line, const struct node *node)
{
	const struct node *child;

	if (node->kind == NODE_SCALAR) {
		add_scalar(line, node);
		return;
	}
	text_add(line, node->kind == NODE_MAP ? "{" : "[");
	NODE_FOR_EACH (child, node) {
		if (node->kind == NODE_MAP) {
			add_text(line, child->key);
			text_add(line, ": ");
		}
		add_flow(line, child);
		if (child->next)
			text_add(line, ", ");
	}
	text_add(line, node->kind == NODE_MAP ? "}" : "]");
}

static bool is_list_of_scalars(const struct node *node)
{
	const struct node *child;

	NODE_FOR_EACH (child, node) {
		if (child->kind != NODE_SCALAR)
			return false;
	}
	return node->kind == NODE_LIST;
}

/* A scalar, a list of scalars, or a map of such: what people can take in from one line. */
static bool is_short(const struct node *node)
{
	const struct node *child;

	if (node->kind != NODE_MAP)
		return node->kind == NODE_SCALAR || is_list_of_scalars(node);
	NODE_FOR_EACH (child, node) {
		if (child->kind != NODE_SCALAR && !is_list_of_scalars(child) && child->count)
			return false;
	}
	return true;
}

static void put_children(FILE *file, const struct node *node, int indent);

/* The value after "key:" or "-", on the same line if it fits there. */
static void put_value(FILE *file, const struct node *node, int indent, int column)
{
	AUTO_TEXT struct text line = { 0 };

	add_flow(&line, node);
	if (node->kind == NODE_SCALAR || !node->count ||
	    (is_short(node) && (size_t)column + 1 + line.length <= LINE_MAX_WIDTH)) {
		fprintf(file, " %s\n", text_get(&line));
		return;
	}
	fputc('\n', file);
	put_children(file, node, indent + 2);
}

/* A map below "-" begins on the dash's line. */
static void put_element(FILE *file, const struct node *node, int indent)
{
	AUTO_TEXT struct text line = { 0 };
	const struct node *child;
	int at = 0;

	add_flow(&line, node);
	if (node->kind != NODE_MAP || !node->count ||
	    (is_short(node) && (size_t)indent + 2 + line.length <= LINE_MAX_WIDTH)) {
		fprintf(file, "%*s-", indent, "");
		put_value(file, node, indent, indent + 1);
		return;
	}
	NODE_FOR_EACH (child, node) {
		AUTO_TEXT struct text key = { 0 };

		add_text(&key, child->key);
		fprintf(file, "%*s%s%s:", indent, "", at++ ? "  " : "- ", text_get(&key));
		put_value(file, child, indent + 2, indent + 3 + (int)key.length);
	}
}

static void put_children(FILE *file, const struct node *node, int indent)
{
	const struct node *child;

	NODE_FOR_EACH (child, node) {
		AUTO_TEXT struct text key = { 0 };

		if (node->kind == NODE_LIST) {
			put_element(file, child, indent);
			continue;
		}
		add_text(&key, child->key);
		fprintf(file, "%*s%s:", indent, "", text_get(&key));
		put_value(file, child, indent, indent + (int)key.length + 1);
	}
}

void output_yaml(FILE *file, const struct node *tree)
{
	if (!tree->count)
		fputs("{}\n", file);
	put_children(file, tree, 0);
}
