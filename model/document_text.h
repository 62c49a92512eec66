/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of one file, and where in it something stands. libyaml counts characters, and more line breaks than
 * '\n'; positions are lines ended by '\n' and columns in bytes, as editors and compilers count.
 */
#ifndef MODEL_DOCUMENT_TEXT_H
#define MODEL_DOCUMENT_TEXT_H

#include "model/arena.h"
#include "model/position.h"

#include <stddef.h>
#include <stdint.h>

struct document_text {
	const char *file; /* as shown to the user */
	const char *text; /* ends in a NUL that is not part of it */
	size_t length;
	uint32_t *lines; /* byte offset of each line's start */
	size_t n_lines;
	uint32_t *steps; /* byte offset of every 64th character; NULL: all characters are bytes */
	size_t n_steps;
};

/* Borrows file and text; the tables go into arena. length is below 4 GiB. */
void document_text_init(struct document_text *ret, const char *file, const char *text,
			size_t length, struct arena *arena);

/* Byte offset of character number `index` (libyaml's mark.index); the length if there are fewer. */
size_t document_text_offset(const struct document_text *text, size_t index);
/* `length` bytes at a byte offset; the end of the text is a position too. */
struct position document_text_position(const struct document_text *text, size_t offset,
				       size_t length);

#endif
