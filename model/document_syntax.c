/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libyaml's errors. Its marks count from zero; problem_mark may stand at the end of the file, where only
 * context_mark says what was opened there; reader errors have a byte offset and no mark.
 */
#include "model/document_syntax.h"

#include "model/arena.h"
#include "model/text.h"

#include <string.h>
#include <yaml.h>

struct wording {
	const char *problem, *message, *hint;
};

/* Problems of libyaml 0.2.5 (scanner.c, parser.c). */
static const struct wording wordings[] = {
	{ "mapping values are not allowed in this context", "\":\" is not possible here",
	  "quote a text that has \": \" in it, or check the indentation" },
	{ "did not find expected key", "expected a key at this indentation",
	  "lines of one map start in the same column" },
	{ "did not find expected '-' indicator", "expected \"- \" as in the lines above",
	  "lines of one list start in the same column" },
	{ "did not find expected ',' or '}'", "expected \",\" or \"}\"", NULL },
	{ "did not find expected ',' or ']'", "expected \",\" or \"]\"", NULL },
	{ "did not find expected node content", "expected a value", NULL },
	{ "did not find expected <document start>", "expected one map and nothing after it", NULL },
	{ "found unexpected ':'", "a text cannot end in \":\" here without quotes", NULL },
	{ "could not find expected ':'", "expected \":\" after the key", NULL },
	{ "found unexpected end of stream", "quotes are opened here and never closed", NULL },
	{ "block sequence entries are not allowed in this context", "a list cannot start here",
	  "start it on a line of its own, or write [a, b]" },
	{ "mapping keys are not allowed in this context", "\"?\" is not possible here",
	  "quote a text that starts with \"?\"" },
	{ "found unexpected document indicator", "quotes are still open here", NULL },
	{ "found unknown escape character", "unknown escape in double quotes",
	  "a text with backslashes goes into single quotes" },
	{ "did not find expected comment or line break",
	  "the text of a block starts on the next line", NULL },
	{ "found undefined tag handle", "tags are not supported",
	  "quote a text that starts with \"!\"" },
	{ "did not find expected alphabetic or numeric character",
	  "expected a name after \"&\" or \"*\"", "quote a text that starts with \"&\" or \"*\"" },
};

static const struct wording *find_wording(const char *problem)
{
	size_t i;

	for (i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (!strcmp(wordings[i].problem, problem))
			return &wordings[i];
	return NULL;
}

/* libyaml stops at the first byte that is not UTF-8 or is a control character. */
static void reader_error(const yaml_parser_t *yaml, const struct document_text *text,
			 struct diag *diag)
{
	size_t offset = yaml->problem_offset < text->length ? yaml->problem_offset : text->length;
	struct position position = document_text_position(text, offset, 1);

	if (strstr(yaml->problem, "control characters")) {
		diag_error(diag, &position, "control character U+%04X is not possible in YAML",
			   (unsigned)yaml->problem_value);
		diag_hint(diag, "is this a YAML file?");
		return;
	}
	diag_error(diag, &position, "this is not UTF-8: %s", yaml->problem);
	diag_hint(diag, "save the file as UTF-8");
}

static void tab_error(const struct position *position, struct diag *diag)
{
	diag_error(diag, position, "a tab is not possible here");
	diag_hint(diag, "indent with spaces");
}

/* A character that YAML keeps for itself, where a value should start. */
static void token_error(const struct document_text *text, const struct position *position,
			size_t offset, struct diag *diag)
{
	char c = offset < text->length ? text->text[offset] : '\0';

	if (c == '\t') {
		tab_error(position, diag);
	} else {
		diag_error(diag, position, "a text cannot start with \"%c\" without quotes", c);
	}
}

/* The word around an offset, as far as a flow collection would let it go: "fe80::", ":443:443". */
static struct position word_around(const struct document_text *text, size_t offset)
{
	static const char ends[] = " \t\r\n,[]{}\"'";
	size_t start = offset, end = offset;

	while (start > 0 && !strchr(ends, text->text[start - 1]))
		start--;
	while (end < text->length && !strchr(ends, text->text[end]))
		end++;
	return document_text_position(text, start, end - start);
}

/* "::/0", "fe80::", ":443:443" and "${x}" are read differently between braces and brackets. */
static bool flow_trap(const yaml_parser_t *yaml, const struct document_text *text, size_t offset,
		      struct diag *diag)
{
	struct position word;
	const char *start;

	if (offset > 0 && offset < text->length && text->text[offset - 1] == '$' &&
	    text->text[offset] == '{') {
		word = document_text_position(text, offset - 1, 2);
		diag_error(diag, &word, "a variable needs quotes between { } or [ ]");
		diag_hint(diag, "write \"${name}\", with the quotes");
		return true;
	}
	word = word_around(text, offset);
	start = text->text + text->lines[word.line - 1] + word.column - 1;
	if (!word.length || word.length > 64 || !memchr(start, ':', word.length))
		return false;
	if (memchr(start, ':', word.length) == start + word.length - 1) {
		if (yaml->error != YAML_SCANNER_ERROR)
			return false; /* a key: what is around it is wrong */
		diag_error(diag, &word, "expected a blank after \":\"");
		return true;
	}
	diag_error(diag, &word, "%.*s needs quotes between { } or [ ]", (int)word.length, start);
	diag_hint(diag, "write \"%.*s\"", (int)word.length, start);
	return true;
}

/* Whether only blanks are before it in its line. */
static bool starts_line(const struct document_text *text, size_t offset)
{
	while (offset > 0 && text->text[offset - 1] == ' ')
		offset--;
	return offset == 0 || text->text[offset - 1] == '\n';
}

static bool is_flow_problem(const yaml_parser_t *yaml)
{
	return !strcmp(yaml->problem, "found unexpected ':'") ||
	       (yaml->context && strstr(yaml->context, "flow"));
}

void document_syntax_error(const yaml_parser_t *yaml, const struct document_text *text,
			   struct diag *diag)
{
	const struct wording *wording;
	struct position position;
	size_t offset, opened;

	if (yaml->error == YAML_MEMORY_ERROR)
		arena_check(NULL);
	if (yaml->error == YAML_READER_ERROR) {
		reader_error(yaml, text, diag);
		return;
	}
	offset = document_text_offset(text, yaml->problem_mark.index);
	opened = document_text_offset(text, yaml->context_mark.index);
	if (offset >= text->length && yaml->context) {
		/* The end of the file says nothing: what was opened and is not closed does. */
		offset = opened;
		if (strstr(yaml->context, "flow") && offset < text->length) {
			position = document_text_position(text, offset, 1);
			diag_error(diag, &position, "\"%c\" is opened here and never closed",
				   text->text[offset]);
			return;
		}
	} else if (is_flow_problem(yaml) && flow_trap(yaml, text, offset, diag)) {
		return;
	}
	position = document_text_position(text, offset, 1);
	if (!strcmp(yaml->problem, "found character that cannot start any token")) {
		token_error(text, &position, offset, diag);
		return;
	}
	if (strstr(yaml->problem, "tab character")) {
		tab_error(&position, diag);
		return;
	}
	if (!strcmp(yaml->problem, "did not find expected key") && !starts_line(text, offset)) {
		diag_error(diag, &position, "nothing can stand after the value here");
		return;
	}
	wording = find_wording(yaml->problem);
	diag_error(diag, &position, "%s", wording ? wording->message : yaml->problem);
	if (wording && wording->hint)
		diag_hint(diag, "%s", wording->hint);
	else if (yaml->context && strstr(yaml->context, "flow") &&
		 yaml->context_mark.line != yaml->problem_mark.line)
		diag_hint(diag, "\"%c\" was opened in line %u", text->text[opened],
			  document_text_position(text, opened, 0).line);
}
