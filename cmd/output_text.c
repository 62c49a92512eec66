/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mistakes for people. A column counts bytes; the caret must stand under the character all the same, so tabs are
 * repeated and wide characters take two cells. A very long line is cut around the caret.
 */
#include "cmd/output_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SHOWN 160 /* bytes of a source line */
#define LINE_LEAD  60  /* of them before the caret, where the line is cut */

static bool has_variable(const char *name)
{
	const char *value = getenv(name);

	return value && value[0];
}

bool output_has_color(FILE *file, enum color_choice choice)
{
	const char *terminal = getenv("TERM");

	switch (choice) {
	case COLOR_ALWAYS:
		return true;
	case COLOR_NEVER:
		return false;
	case COLOR_AUTO:
		break;
	}
	if (has_variable("NO_COLOR"))
		return false;
	if (has_variable("FORCE_COLOR"))
		return true;
	return isatty(fileno(file)) && terminal && strcmp(terminal, "dumb");
}

const char *output_style(enum output_style style, bool color)
{
	if (!color)
		return "";
	switch (style) {
	case STYLE_ADD:
		return "\033[32m";
	case STYLE_REMOVE:
		return "\033[31m";
	case STYLE_CHANGE:
		return "\033[33m";
	case STYLE_WARN:
		return "\033[35m";
	case STYLE_ERROR:
		return "\033[1;31m";
	case STYLE_BOLD:
		return "\033[1m";
	case STYLE_DIM:
		return "\033[2m";
	}
	return "";
}

const char *output_plain(bool color)
{
	return color ? "\033[0m" : "";
}

void output_safe(FILE *file, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		fputc((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f ? '?' : c, file);
	}
}

/* The character at text, of at least one byte; *size is its bytes. Broken UTF-8 is taken byte by byte. */
static uint32_t next_character(const char *text, const char *end, size_t *size)
{
	unsigned char first = (unsigned char)text[0];
	size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1, i;
	uint32_t value = need == 1 ? first : first & (0x7fU >> need);

	*size = 1;
	if ((size_t)(end - text) < need)
		return first;
	for (i = 1; i < need; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return first;
		value = value << 6 | ((unsigned char)text[i] & 0x3f);
	}
	*size = need;
	return value;
}

/* East Asian wide and emoji blocks, by Unicode's EastAsianWidth, as coarse as terminals treat them. */
static bool is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

/* As many `mark` as the text has cells; tabs stay tabs where `keep_tabs`. */
static void put_cells(FILE *file, const char *text, const char *end, char mark, bool keep_tabs)
{
	size_t size;

	for (; text < end; text += size) {
		uint32_t c = next_character(text, end, &size);

		if (c == '\t' && keep_tabs) {
			fputc('\t', file);
			continue;
		}
		fputc(mark, file);
		if (is_wide(c))
			fputc(mark, file);
	}
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Cuts a long line to a window around `at`, at characters' borders. */
static void cut_line(const char **line, const char **end, const char *at)
{
	if (*end - *line <= LINE_SHOWN)
		return;
	if (at - *line > LINE_LEAD)
		*line = at - LINE_LEAD;
	while (*line < at && is_continuation(**line))
		(*line)++;
	if (*end - *line > LINE_SHOWN)
		*end = *line + LINE_SHOWN;
	while (*end > at && is_continuation(**end))
		(*end)--;
}

static void put_source(FILE *file, const struct diag_message *message, const char *line,
		       size_t length, bool color)
{
	const char *start = line, *end = line + length, *whole_end = end, *at, *stop;
	size_t column = message->position.column ? message->position.column - 1 : 0, first;

	at = line + (column < length ? column : length);
	cut_line(&start, &end, at);
	fprintf(file, "%5u | %s", message->position.line, start > line ? "..." : "");
	output_safe(file, start, (size_t)(end - start));
	fprintf(file, "%s\n      | %s", end < whole_end ? "..." : "", start > line ? "   " : "");
	put_cells(file, start, at, ' ', true);
	stop = message->position.length < (size_t)(end - at) ? at + message->position.length : end;
	fprintf(file, "%s^", output_style(STYLE_ERROR, color));
	if (at < end) {
		if (is_wide(next_character(at, end, &first)))
			fputc('~', file);
		put_cells(file, at + first, stop, '~', false);
	}
	fprintf(file, "%s", output_plain(color));
	if (message->hint) {
		fputc(' ', file);
		output_safe(file, message->hint, strlen(message->hint));
	}
	fputc('\n', file);
}

static void put_message(FILE *file, const struct diag *diag, const struct diag_message *message,
			bool color)
{
	const struct position *position = &message->position;
	bool is_error = message->severity == DIAG_ERROR;
	const char *line;
	size_t length;

	if (position->file) {
		fprintf(file, "%s", output_style(STYLE_BOLD, color));
		output_safe(file, position->file, strlen(position->file));
		if (position->line)
			fprintf(file, ":%u:%u", position->line,
				position->column ? position->column : 1);
		fprintf(file, ":%s ", output_plain(color));
	}
	fprintf(file, "%s%s:%s ", output_style(is_error ? STYLE_ERROR : STYLE_WARN, color),
		is_error ? "error" : "warning", output_plain(color));
	output_safe(file, message->text, strlen(message->text));
	fputc('\n', file);
	if (position->file &&
	    diag_source_line(diag, position->file, position->line, &line, &length)) {
		put_source(file, message, line, length, color);
	} else if (message->hint) {
		fprintf(file, "      ");
		output_safe(file, message->hint, strlen(message->hint));
		fputc('\n', file);
	}
}

void output_diag(FILE *file, const struct diag *diag, bool color)
{
	output_diag_from(file, diag, 0, color);
}

void output_diag_from(FILE *file, const struct diag *diag, size_t first, bool color)
{
	size_t i, kept = 0, more;

	for (i = 0; i < diag_count(diag); i++) {
		kept += diag_get(diag, i)->severity == DIAG_ERROR;
		if (i >= first)
			put_message(file, diag, diag_get(diag, i), color);
	}
	more = diag_errors(diag) - kept;
	if (more)
		fprintf(file, "%zu more error%s\n", more, more == 1 ? "" : "s");
}
