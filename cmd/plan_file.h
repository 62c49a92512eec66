/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan kept in a file: the plan as JSON, and under `command` what it was made from. Applying it means to plan the same
 * again: what comes out must be the file, byte for byte. So nothing in the file is ever executed, and it need not be
 * trusted further than to name files.
 */
#ifndef CMD_PLAN_FILE_H
#define CMD_PLAN_FILE_H

#include "cmd/options.h"
#include "model/error.h"

#include <stddef.h>

struct session;

struct plan_file {
	const char *path;
	const char *text; /* as it stands in the file */
	size_t size;
	const char *created, *tool_version, *live_digest;
	struct document_input *inputs;
	size_t n_inputs;
	/* The command line that it was made by. */
	const char *directory, *host; /* host NULL: --host was not given */
	const char **files, **variable_files;
	size_t n_files, n_variable_files;
	struct document_variable *variables;
	size_t n_variables;
};

/* Understands the text, which is borrowed; all else is in arena. -EBADMSG: it is no saved plan. */
int plan_file_parse(struct plan_file *ret, const char *text, size_t size, struct arena *arena,
		    struct error *err);
/*
 * Reads it. -EPERM: others than this user may have written it; -EFBIG, -EBADMSG; other -errno: it cannot be read.
 */
int plan_file_read(struct plan_file *ret, const char *path, struct arena *arena, struct error *err);

/* The options that make the same plan again: those given, with the file's in the place of its own. */
struct options plan_file_options(const struct plan_file *file, const struct options *given);

/* Saves the session's plan, in place of what is there at once, with mode 0600. -errno: what was there stands. */
int plan_file_write(struct session *session, const char *path, struct error *err);

/* Whether the session's plan is the saved one still. -ESTALE, with the reason in err. */
int plan_file_compare(const struct plan_file *file, struct session *session, struct error *err);

#endif
