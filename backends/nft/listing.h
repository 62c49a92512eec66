/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shapes of nft's listing of a table: words of a line, elements of a set. Meanings are decode.c's. */
#ifndef BACKENDS_NFT_LISTING_H
#define BACKENDS_NFT_LISTING_H

#include "model/text.h"

#include <stdbool.h>
#include <stddef.h>

#define LISTING_WORDS_MAX 64

struct listing_words {
	char *at[LISTING_WORDS_MAX]; /* quotes removed */
	size_t n;
};

/* Splits at blanks, in place; what is quoted is one word. Words past LISTING_WORDS_MAX are dropped. */
void listing_split_words(struct listing_words *ret, char *line);
/* Word i, "" past the last. */
const char *listing_word(const struct listing_words *words, size_t i);

/* The line without blanks around it, in place. */
char *listing_trim(char *line);

/* Elements begin with a line "elements = {" and end with one that this says true for. */
bool listing_ends_elements(const char *line);
/* Cuts "{ a, b }" at its commas, in place, and hands out each element. */
void listing_split_elements(char *text, void (*each)(void *data, char *element), void *data);

/*
 * Appends a listing without empty lines and with the elements of each set in one order, so that equal tables have
 * equal texts.
 */
void listing_normalize(const char *listing, struct text *ret);

#endif
