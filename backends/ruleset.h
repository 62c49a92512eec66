/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the rules of others that forwarded packets run through (model/ruleset.h). Writes nothing. */
#ifndef BACKENDS_RULESET_H
#define BACKENDS_RULESET_H

#include "model/arena.h"
#include "model/error.h"
#include "model/ruleset.h"

/*
 * Appends each table (struct rule_table) of the calling thread's network namespace that has a chain hooked into
 * forwarding and is no topology's; in arena. A kernel without nf_tables has none.
 */
int ruleset_read(struct list *ret, struct arena *arena, struct error *err);

#endif
