/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small string helpers: a growing text, distance of words (for "did you mean"), whole-text numbers. */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string; starts as { 0 }. data is NULL until something is added; free with text_free. */
struct text {
	char *data;
	size_t length, room;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const char *bytes, size_t length);
const char *text_get(const struct text *text); /* "" if nothing was added */
void text_free(struct text *text);

#define AUTO_TEXT __attribute__((cleanup(text_free)))

bool text_equal(const char *a, const char *b);	/* NULL equals NULL only */
int text_compare(const char *a, const char *b); /* NULL first */
bool text_starts_with(const char *text, const char *prefix);

/*
 * Orders "eth2" before "eth10": runs of digits compare as numbers. Two texts that differ never compare
 * equal, so this is a total order.
 */
int text_compare_natural(const char *a, const char *b);

/* Decimal digits only: no sign, no leading zero but "0" itself, no blank. */
bool text_parse_number(uint64_t *ret, const char *text);

/* Damerau-Levenshtein distance (adjacent swaps count one); words over 63 bytes are far from everything. */
unsigned text_distance(const char *a, const char *b);
/* Whether `candidate` is near enough to `word` to be suggested. */
bool text_is_near(const char *word, const char *candidate);

#endif
