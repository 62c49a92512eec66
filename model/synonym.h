/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other tools call a key of ours: for suggestions alone, never read as the key. */
#ifndef MODEL_SYNONYM_H
#define MODEL_SYNONYM_H

#include "model/field.h"

/* The key of `record` that such a word means; NULL: none. */
const char *synonym_find(const struct record *record, const char *word);

/* What to do about a word that is no key here because it is said in another way; NULL: nothing is known. */
const char *synonym_hint(const char *word);

#endif
