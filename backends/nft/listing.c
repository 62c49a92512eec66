/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cutting a listing into words and elements, and one text for equal tables. */
#include "backends/nft/listing.h"

#include "model/arena.h"

#include <stdlib.h>
#include <string.h>

void listing_split_words(struct listing_words *ret, char *line)
{
	ret->n = 0;
	while (ret->n < LISTING_WORDS_MAX) {
		char stop = ' ';

		line += strspn(line, " \t");
		if (!*line)
			return;
		if (*line == '"') {
			stop = '"';
			line++;
		}
		ret->at[ret->n++] = line;
		line += strcspn(line, stop == '"' ? "\"" : " \t");
		if (!*line)
			return;
		*line++ = '\0';
	}
}

const char *listing_word(const struct listing_words *words, size_t i)
{
	return i < words->n ? words->at[i] : "";
}

char *listing_trim(char *line)
{
	size_t length;

	line += strspn(line, " \t");
	length = strlen(line);
	while (length && strchr(" \t", line[length - 1]))
		line[--length] = '\0';
	return line;
}

bool listing_ends_elements(const char *line)
{
	size_t length = strlen(line);

	return length && line[length - 1] == '}';
}

void listing_split_elements(char *text, void (*each)(void *data, char *element), void *data)
{
	bool quoted = false;
	char *c = strchr(text, '{');
	char *start = c ? c + 1 : text + strlen(text);

	for (c = start; *c; c++) {
		if (*c == '"')
			quoted = !quoted;
		if (quoted || (*c != ',' && *c != '}'))
			continue;
		*c = '\0';
		each(data, start + strspn(start, " \t\n"));
		start = c + 1;
	}
}

struct sorted {
	char **items;
	size_t n, room;
	struct arena *arena;
};

static void sorted_add(void *data, char *element)
{
	struct sorted *sorted = data;

	if (sorted->n == sorted->room) {
		char **items;

		sorted->room = sorted->room ? 2 * sorted->room : 16;
		items = arena_alloc(sorted->arena, sorted->room * sizeof(*items));
		if (sorted->n)
			memcpy(items, sorted->items, sorted->n * sizeof(*items));
		sorted->items = items;
	}
	sorted->items[sorted->n++] = listing_trim(element);
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void normalize_elements(char *elements, struct arena *arena, struct text *ret)
{
	struct sorted sorted = { .arena = arena };
	size_t i;

	listing_split_elements(elements, sorted_add, &sorted);
	if (sorted.n)
		qsort(sorted.items, sorted.n, sizeof(*sorted.items), text_order);
	text_add(ret, "\t\telements = {");
	for (i = 0; i < sorted.n; i++)
		text_add(ret, "%s%s", i ? ",\n\t\t\t" : " ", sorted.items[i]);
	text_add(ret, " }\n");
}

void listing_normalize(const char *listing, struct text *ret)
{
	struct arena *arena = arena_new();
	char *line = arena_strdup(arena, listing);
	struct text elements = { 0 };

	while (line) {
		char *end = strchr(line, '\n');
		const char *start = line + strspn(line, " \t");

		if (end)
			*end++ = '\0';
		if (elements.length || text_starts_with(start, "elements = {")) {
			text_add(&elements, "%s ", start);
			if (listing_ends_elements(start)) {
				normalize_elements(elements.data, arena, ret);
				text_free(&elements);
				elements = (struct text){ 0 };
			}
		} else if (start[0]) {
			text_add(ret, "%s\n", line);
		}
		line = end;
	}
	text_free(&elements);
	arena_free(arena);
}
