/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of a namespace's files in /etc/netns, from a resolver and back. Touches no file. */
#ifndef BACKENDS_RESOLVER_FILES_H
#define BACKENDS_RESOLVER_FILES_H

#include "model/arena.h"
#include "model/resolver.h"
#include "model/text.h"

#include <stdbool.h>

enum resolver_file { RESOLVER_HOSTS, RESOLVER_RESOLV, RESOLVER_NSSWITCH, RESOLVER_FILES };

/* "hosts", "resolv.conf", "nsswitch.conf". */
const char *resolver_file_name(enum resolver_file file);

/* Whether text begins with the mark of this topology. */
bool resolver_is_marked(const char *text, const char *topology);

/*
 * Appends what a file shall contain; nothing: it shall not be there. `nsswitch` is the host's own /etc/nsswitch.conf, ""
 * if there is none.
 */
void resolver_write(enum resolver_file file, const struct resolver *resolver, const char *topology,
		    const char *name, const char *nsswitch, struct text *ret);

/* Reads a file of ours back; strings in arena. What it does not know it passes over. */
void resolver_read(enum resolver_file file, const char *text, struct resolver *ret,
		   struct arena *arena);

#endif
