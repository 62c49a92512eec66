/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct error: what went wrong in one failed call. Owned by the caller, fixed size, never allocates.
 * A function that can fail returns 0 or -errno and takes a struct error last. Mistakes in the user's
 * file do not come this way: see model/diag.h.
 */
#ifndef MODEL_ERROR_H
#define MODEL_ERROR_H

#define ERROR_TEXT_MAX 1024

struct error {
	int code; /* errno value, positive; 0: no error */
	char text
		[ERROR_TEXT_MAX]; /* lower case, no full stop; contexts first: "link red/eth0: create: …" */
};

/* Fills *err and returns -code, so that a failing function reads `return error_set(err, EINVAL, …)`. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));

/* Puts "context: " before the text; for use on the way up. Returns -err->code. */
int error_add_context(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
