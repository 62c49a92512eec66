/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables from characters to bytes and from bytes to lines, so that a position costs a short search. */
#include "model/document_text.h"

#include <stdbool.h>
#include <string.h>

#define STEP 64

static bool is_character_start(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static void find_lines(struct document_text *text, struct arena *arena)
{
	size_t i, n = 1;

	for (i = 0; i < text->length; i++)
		n += text->text[i] == '\n';
	text->lines = arena_alloc(arena, n * sizeof(*text->lines));
	text->n_lines = 1; /* the first starts at 0 */
	for (i = 0; i < text->length; i++)
		if (text->text[i] == '\n')
			text->lines[text->n_lines++] = (uint32_t)i + 1;
}

static void find_steps(struct document_text *text, struct arena *arena)
{
	size_t i, characters = 0;

	for (i = 0; i < text->length; i++)
		characters += is_character_start(text->text[i]);
	if (characters == text->length)
		return;
	text->steps = arena_alloc(arena, (characters / STEP + 1) * sizeof(*text->steps));
	characters = 0;
	for (i = 0; i < text->length; i++)
		if (is_character_start(text->text[i]) && characters++ % STEP == 0)
			text->steps[text->n_steps++] = (uint32_t)i;
}

void document_text_init(struct document_text *ret, const char *file, const char *text,
			size_t length, struct arena *arena)
{
	*ret = (struct document_text){ .file = file, .text = text, .length = length };
	find_lines(ret, arena);
	find_steps(ret, arena);
}

size_t document_text_offset(const struct document_text *text, size_t index)
{
	size_t offset, left = index % STEP;

	if (!text->steps)
		return index < text->length ? index : text->length;
	if (index / STEP >= text->n_steps)
		return text->length;
	offset = text->steps[index / STEP];
	while (left && offset < text->length) {
		offset++;
		while (offset < text->length && !is_character_start(text->text[offset]))
			offset++;
		left--;
	}
	return offset;
}

struct position document_text_position(const struct document_text *text, size_t offset,
				       size_t length)
{
	size_t low = 0, high = text->n_lines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (text->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return (struct position){
		.file = text->file,
		.line = (uint32_t)low + 1,
		.column = (uint32_t)(offset - text->lines[low]) + 1,
		.length = (uint32_t)length,
	};
}
