/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a document's texts come from: files, directories, standard input, patterns of include. */
#ifndef MODEL_DOCUMENT_FILES_H
#define MODEL_DOCUMENT_FILES_H

#include "model/arena.h"
#include "model/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DOCUMENT_FILE_MAX (4U << 20) /* bytes */

struct document_file {
	const char *name; /* as shown: the path, "<stdin>" */
	const char *text; /* with a NUL after it */
	size_t length;
	dev_t device; /* with inode: the same file by any path */
	ino_t inode;
};

/* Paths in arena, sorted by their bytes. */
struct document_paths {
	const char **paths;
	size_t n;
};

/* Reads a regular file, or standard input for "-". -EFBIG: larger than DOCUMENT_FILE_MAX. All in arena. */
int document_file_read(struct document_file *ret, const char *path, struct arena *arena,
		       struct error *err);

bool document_is_directory(const char *path);
/* Files *.yaml and *.yml of a directory, without those that begin with a dot. -ENOENT: there is none. */
int document_directory_list(struct document_paths *ret, const char *path, struct arena *arena,
			    struct error *err);

/* What a pattern (glob(7)) means in the directory of `file`. No match: n is 0. */
int document_pattern_list(struct document_paths *ret, const char *pattern, const char *file,
			  struct arena *arena, struct error *err);
/* Whether a text is a pattern, so that it may match nothing. */
bool document_is_pattern(const char *text);

#endif
