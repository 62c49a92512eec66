/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is around the tree of a file: directives and a second document are refused, and the root must be a map.
 * Without looking first, libyaml would take quadratic time for many directives.
 */
#include "model/document_parse.h"

#include "model/document_build.h"

#include <string.h>

/* Offset of the first thing that is neither blank, nor a comment, nor the mark "..." of an end. */
static size_t skip_nothing(const struct document_text *text, size_t offset)
{
	const char *at = text->text + offset;

	for (;;) {
		at += strspn(at, " \t\r\n");
		if (*at == '#')
			at += strcspn(at, "\n");
		else if (!strncmp(at, "...", 3) && (!at[3] || strchr(" \t\r\n#", at[3])))
			at += 3;
		else
			break;
	}
	return (size_t)(at - text->text);
}

/*
 * Directives are refused before libyaml sees them (many %TAG take it quadratic time), and so is whatever comes
 * after the first document, where more of them could stand.
 */
static bool has_directive(const struct document_text *text, size_t offset, struct diag *diag)
{
	struct position position;

	if (text->text[offset] != '%')
		return false;
	position = document_text_position(text, offset, 1);
	diag_error(diag, &position, "directives such as %%YAML and %%TAG are not supported");
	return true;
}

static bool has_nul(const struct document_text *text, struct diag *diag)
{
	const char *nul = memchr(text->text, '\0', text->length);
	struct position position;

	if (!nul)
		return false;
	position = document_text_position(text, (size_t)(nul - text->text), 1);
	diag_error(diag, &position, "a NUL character is not possible in YAML");
	diag_hint(diag, "is this a YAML file?");
	return true;
}

static void check_rest(const struct document_text *text, size_t offset, struct diag *diag)
{
	struct position position;

	offset = skip_nothing(text, offset);
	if (offset >= text->length || has_directive(text, offset, diag))
		return;
	position = document_text_position(text, offset, 0);
	if (!strncmp(text->text + offset, "---", 3)) {
		position.length = 3;
		diag_error(diag, &position, "a second document; a file holds one");
		diag_hint(diag,
			  "put it into a file of its own and give both, or a directory, to -f");
	} else {
		diag_error(diag, &position, "nothing can stand after the end of the top-level map");
	}
}

static struct node *check_root(struct node *root, struct diag *diag)
{
	static const char expected[] = "expected a map with keys such as version and name";

	if (root->kind == NODE_MAP)
		return root;
	if (root->kind == NODE_LIST) {
		diag_error(diag, &root->position, "%s, found a list", expected);
	} else if (node_is_null(root)) {
		diag_error(diag, &root->position, "%s, found nothing", expected);
	} else {
		diag_error(diag, &root->position, "%s, found a text", expected);
		if (strchr(root->text, ':'))
			diag_hint(diag, "a key ends in \":\" and a blank");
		else
			diag_hint(diag, "is this a YAML file?");
	}
	return NULL;
}

struct node *document_parse(const struct document_text *text, struct arena *arena, size_t *budget,
			    struct diag *diag)
{
	struct position start = document_text_position(text, 0, 0);
	size_t offset;
	struct node *root;
	size_t end = 0;

	if (has_nul(text, diag))
		return NULL;
	offset = skip_nothing(text, 0);
	if (offset >= text->length) {
		diag_error(diag, &start,
			   "expected a map with keys such as version and name, found %s",
			   text->length ? "only comments and blanks" : "an empty file");
		return NULL;
	}
	if (has_directive(text, offset, diag))
		return NULL;
	root = document_build(text, arena, budget, &end, diag);
	if (!root)
		return NULL;
	check_rest(text, end, diag);
	return check_root(root, diag);
}
