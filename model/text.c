/* SPDX-License-Identifier: GPL-2.0-or-later */
/* String helpers; struct text ends the program when memory ends, as the arena does. */
#include "model/text.h"

#include "model/arena.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 63

static void reserve(struct text *text, size_t more)
{
	size_t room = text->room ? text->room : 128;

	if (text->length + more + 1 <= text->room)
		return;
	while (room < text->length + more + 1)
		room *= 2;
	text->data = arena_check(realloc(text->data, room));
	text->room = room;
}

void text_add(struct text *text, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return;
	reserve(text, (size_t)length);
	va_start(args, format);
	vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
	va_end(args);
	text->length += (size_t)length;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	reserve(text, length);
	memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

const char *text_get(const struct text *text)
{
	return text->data ? text->data : "";
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

int text_compare(const char *a, const char *b)
{
	if (!a || !b)
		return (a ? 1 : 0) - (b ? 1 : 0);
	return strcmp(a, b);
}

bool text_starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Compares two runs of digits as numbers of any length. */
static int compare_runs(const char *a, size_t a_length, const char *b, size_t b_length)
{
	while (a_length > 1 && *a == '0')
		a++, a_length--;
	while (b_length > 1 && *b == '0')
		b++, b_length--;
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return strncmp(a, b, a_length);
}

int text_compare_natural(const char *a, const char *b)
{
	const char *x = a, *y = b;

	while (*x && *y) {
		size_t run_x = digits(x), run_y = digits(y);
		int order;

		if (run_x && run_y) {
			order = compare_runs(x, run_x, y, run_y);
			x += run_x;
			y += run_y;
		} else {
			order = (unsigned char)*x++ - (unsigned char)*y++;
		}
		if (order)
			return order;
	}
	if (*x || *y)
		return (unsigned char)*x - (unsigned char)*y;
	return strcmp(a, b); /* "eth01" and "eth1" */
}

bool text_parse_number(uint64_t *ret, const char *text)
{
	size_t length = digits(text);
	uint64_t value = 0;
	size_t i;

	if (!length || text[length] || length > 19 || (length > 1 && text[0] == '0'))
		return false;
	for (i = 0; i < length; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	*ret = value;
	return true;
}

unsigned text_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 2];
	size_t a_length = strlen(a), b_length = strlen(b), i, j;

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; i <= a_length; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *above2 = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (j = 1; j <= b_length; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    above2[j - 2] + 1 < best)
				best = above2[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_length % 3][b_length];
}

bool text_is_near(const char *word, const char *candidate)
{
	size_t length = strlen(word);

	return strcasecmp(word, candidate) == 0 ||
	       text_distance(word, candidate) <= (length <= 3	? 1
						  : length <= 7 ? 2
								: 3);
}
