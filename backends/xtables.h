/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the rules of others in the kernel's older tables, those of iptables-legacy (model/ruleset.h). Writes nothing. */
#ifndef BACKENDS_XTABLES_H
#define BACKENDS_XTABLES_H

#include "model/arena.h"
#include "model/ruleset.h"

/*
 * Appends each such table (struct rule_table) of the calling thread's network namespace that has a rule about forwarding,
 * or a policy other than accept; in arena. What the kernel does not say, for want of a privilege or of the tables
 * themselves, is left out. No table comes into being, and no module is loaded, because it was asked for.
 */
void xtables_read(struct list *ret, struct arena *arena);

#endif
