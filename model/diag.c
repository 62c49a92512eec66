/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects mistakes and the texts they point into. */
#include "model/diag.h"

#include "model/arena.h"
#include "model/cleanup.h"
#include "model/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct source {
	struct source *next;
	struct diag_source source;
};

struct diag {
	struct arena *arena;
	struct diag_message messages[DIAG_MAX];
	size_t count, errors, met;
	struct diag_message *last; /* takes hints; NULL: it was not kept */
	struct source *sources;
};

struct diag *diag_new(void)
{
	struct arena *arena = arena_new();
	struct diag *diag = ARENA_NEW(arena, struct diag);

	diag->arena = arena;
	return diag;
}

void diag_free(struct diag *diag)
{
	if (diag)
		arena_free(diag->arena);
}

void diag_add_source(struct diag *diag, const char *file, const char *text, size_t length)
{
	struct source *source = ARENA_NEW(diag->arena, struct source);

	source->source.file = arena_strdup(diag->arena, file);
	source->source.text = arena_strndup(diag->arena, text, length);
	source->source.length = length;
	source->next = diag->sources;
	diag->sources = source;
}

static bool is_same(const struct diag_message *a, const struct diag_message *b)
{
	return a->position.line == b->position.line && a->position.column == b->position.column &&
	       text_equal(a->position.file, b->position.file) && !strcmp(a->text, b->text);
}

/* The same mistake is met twice where one text is expanded for many objects: it is told once. */
static bool is_known(const struct diag *diag, const struct diag_message *message)
{
	size_t i;

	for (i = 0; i < diag->count; i++)
		if (is_same(&diag->messages[i], message))
			return true;
	return false;
}

__attribute__((format(printf, 4, 0))) static void add(struct diag *diag,
						      enum diag_severity severity,
						      const struct position *position,
						      const char *format, va_list args)
{
	struct diag_message message = { .severity = severity };
	AUTO_FREE char *text = NULL;

	if (position)
		message.position = *position;
	if (vasprintf(&text, format, args) < 0)
		arena_check(NULL);
	message.text = text;
	diag->last = NULL;
	if (severity == DIAG_ERROR)
		diag->met++;
	if (is_known(diag, &message))
		return;
	if (severity == DIAG_ERROR)
		diag->errors++;
	if (diag->count == DIAG_MAX)
		return;
	/* Copies: the file's name may go with the document that failed to load. */
	message.text = arena_strdup(diag->arena, text);
	message.position.file = arena_strdup(diag->arena, message.position.file);
	diag->last = &diag->messages[diag->count++];
	*diag->last = message;
}

void diag_error(struct diag *diag, const struct position *position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(diag, DIAG_ERROR, position, format, args);
	va_end(args);
}

void diag_warning(struct diag *diag, const struct position *position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(diag, DIAG_WARNING, position, format, args);
	va_end(args);
}

void diag_hint(struct diag *diag, const char *format, ...)
{
	va_list args;

	if (!diag->last)
		return;
	va_start(args, format);
	diag->last->hint = arena_vprintf(diag->arena, format, args);
	va_end(args);
}

size_t diag_errors(const struct diag *diag)
{
	return diag->errors;
}

size_t diag_met(const struct diag *diag)
{
	return diag->met;
}

size_t diag_count(const struct diag *diag)
{
	return diag->count;
}

const struct diag_message *diag_get(const struct diag *diag, size_t index)
{
	return &diag->messages[index];
}

bool diag_source_line(const struct diag *diag, const char *file, uint32_t line, const char **ret,
		      size_t *length)
{
	const struct source *source;
	const char *at, *end, *newline;

	for (source = diag->sources; source; source = source->next)
		if (text_equal(source->source.file, file))
			break;
	if (!source || line == 0)
		return false;
	at = source->source.text;
	end = at + source->source.length;
	while (--line && at < end) {
		newline = memchr(at, '\n', (size_t)(end - at));
		at = newline ? newline + 1 : end;
	}
	if (at >= end)
		return false;
	newline = memchr(at, '\n', (size_t)(end - at));
	end = newline ? newline : end;
	if (end > at && end[-1] == '\r')
		end--;
	*ret = at;
	*length = (size_t)(end - at);
	return true;
}
