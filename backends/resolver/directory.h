/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories below /etc/netns and our files in them. A directory comes with all its files, and goes with all, at
 * once: at any moment either is there or neither. What is under way lies in a directory of its own among them, which no
 * namespace can be named after; a run that is killed leaves nothing anywhere else.
 */
#ifndef BACKENDS_RESOLVER_DIRECTORY_H
#define BACKENDS_RESOLVER_DIRECTORY_H

#include "backends/resolver/files.h"

#include "model/arena.h"
#include "model/error.h"

#define RESOLVER_DIRECTORY "/etc/netns"

/* The files of a namespace as they are, or shall be; NULL: not there. */
struct contents {
	const char *texts[RESOLVER_FILES];
};

bool contents_equal(const struct contents *a, const struct contents *b);

/* The text of a file, in arena; *ret NULL where there is none. What is no plain file is "". */
int resolver_file_read(int directory, const char *name, const char **ret, struct arena *arena,
		       struct error *err);
/* The files of a namespace, in arena: all NULL where it has no directory. */
int contents_read(const char *name, struct contents *ret, struct arena *arena, struct error *err);

/*
 * Makes the files of a namespace, which are `live` now, what they shall be. Those that are the same in both are not
 * touched. On failure all is as it was.
 */
int contents_put(const char *name, const struct contents *live, const struct contents *wanted,
		 struct error *err);

/* Removes what a run left that was killed. */
void resolver_directory_mend(void);

#endif
