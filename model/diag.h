/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's mistakes: file:line:column, message, suggestion. Reading goes on after one, and up to
 * DIAG_MAX are kept per run; nothing is printed here (see cmd/output_text.c).
 *
 * Wording: lower case, no full stop, what was expected: "expected one of l2, l3, l3s".
 */
#ifndef MODEL_DIAG_H
#define MODEL_DIAG_H

#include "model/position.h"

#include <stdbool.h>
#include <stddef.h>

#define DIAG_MAX 20

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag_message {
	enum diag_severity severity;
	struct position position;
	const char *text;
	const char *hint; /* NULL: none; e.g. "did you mean \"addresses\"?" */
};

/* A file's text, kept so that the line of a mistake can be shown. */
struct diag_source {
	const char *file;
	const char *text;
	size_t length;
};

struct diag;

struct diag *diag_new(void);
void diag_free(struct diag *diag); /* accepts NULL */

/* Registers a file's text, which is copied. Errors in files not registered are shown without a line. */
void diag_add_source(struct diag *diag, const char *file, const char *text, size_t length);

/* position may be NULL (the mistake is in no file). Messages past DIAG_MAX are only counted. */
void diag_error(struct diag *diag, const struct position *position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void diag_warning(struct diag *diag, const struct position *position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a suggestion to the message added last. */
void diag_hint(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t diag_errors(const struct diag *diag); /* all of them, also those not kept */
/*
 * How often an error was met, also one that had been told before: what is read for each host is met once per host.
 * Compare two of these to know whether something went well.
 */
size_t diag_met(const struct diag *diag);
size_t diag_count(const struct diag *diag); /* messages kept, errors and warnings */
const struct diag_message *diag_get(const struct diag *diag, size_t index);

/*
 * The line `line` (from 1) of `file`, without its newline or CR LF: *ret and *length. Returns false when the file
 * is not registered or is shorter.
 */
bool diag_source_line(const struct diag *diag, const char *file, uint32_t line, const char **ret,
		      size_t *length);

#endif
