/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something failed, in words, for the control socket and standard error.
 */
#ifndef BACKENDS_TUNNEL_WORKER_FAILURE_H
#define BACKENDS_TUNNEL_WORKER_FAILURE_H

struct failure {
	char text[256];
};

/* Set the text; returns -CODE. The text is complete: the name of the errno is not appended later. */
int failure_set(struct failure *failure, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));
/* The same with ": strerror(CODE)" appended. */
int failure_set_errno(struct failure *failure, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));

#endif
