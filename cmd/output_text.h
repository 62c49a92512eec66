/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people read: mistakes with the line they are in, and colour, which only repeats what is said. */
#ifndef CMD_OUTPUT_TEXT_H
#define CMD_OUTPUT_TEXT_H

#include "model/diag.h"

#include <stdbool.h>
#include <stdio.h>

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/*
 * Whether to colour what goes to `file`. AUTO: no with NO_COLOR (not empty), yes with FORCE_COLOR (not empty), else on a
 * terminal that TERM does not call dumb.
 */
bool output_has_color(FILE *file, enum color_choice choice);

enum output_style {
	STYLE_ADD,
	STYLE_REMOVE,
	STYLE_CHANGE,
	STYLE_WARN,
	STYLE_ERROR,
	STYLE_BOLD,
	STYLE_DIM
};

/* Escape sequences to put around a text; "" without colour. */
const char *output_style(enum output_style style, bool color);
const char *output_plain(bool color);

/* Text with control characters made visible as '?': names from the kernel and files are not ours. */
void output_safe(FILE *file, const char *text, size_t length);

/*
 * All messages in order, each with its line and a caret:
 *
 *   topology.yaml:14:27: error: unknown key "adresses" in namespaces.red
 *      14 |       red: {adresses: [10.10.0.11/24]}
 *         |             ^~~~~~~~ did you mean "addresses"?
 */
void output_diag(FILE *file, const struct diag *diag, bool color);
/* Only messages from index `first` on. */
void output_diag_from(FILE *file, const struct diag *diag, size_t first, bool color);

#endif
