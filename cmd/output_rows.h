/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a plan: an object's own, and one for each of its rows that is set or differs. */
#ifndef CMD_OUTPUT_ROWS_H
#define CMD_OUTPUT_ROWS_H

#include "cmd/output_text.h"
#include "reconcile/plan.h"

#include <stdio.h>

struct text;

struct row_printer {
	FILE *file;
	bool color;
};

enum row_sign { SIGN_ADD, SIGN_REMOVE, SIGN_CHANGE, SIGN_REMAKE, SIGN_ADOPT };

/* "+ bridge    br0      topology.yaml:8"; note may be NULL or empty. Nested lines stand four columns further in. */
void row_print(const struct row_printer *printer, bool nested, enum row_sign sign,
	       const char *label, const char *text, const char *note);

/*
 * Rows of an object that is made: those that are set and not at their default, except those in the object's own line
 * (type, peer, keys), and those that `twin`, the other end of a veth, has with the same value. `whose` is a note
 * for each: which end it is about; NULL: none.
 */
void rows_print_created(const struct row_printer *printer, const struct object *want,
			const struct object *twin, const char *whose);
/* Rows that differ: old -> new, list elements one by one. */
void rows_print_changed(const struct row_printer *printer, const struct change *change,
			const char *whose);

/* Set rows of an object in one line: "via 10.0.0.1 mtu 1400". Keys left out. Appends. */
void rows_inline(const struct object *object, struct text *ret);

/* "file:line", "" if it was not in a file. Appends. */
void position_inline(const struct position *position, struct text *ret);

#endif
