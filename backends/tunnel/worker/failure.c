/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of failures, cut at the size of the buffer.
 */
#include "backends/tunnel/worker/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int failure_set(struct failure *failure, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure->text, sizeof(failure->text), format, args);
	va_end(args);
	return -code;
}

int failure_set_errno(struct failure *failure, int code, const char *format, ...)
{
	size_t length;
	va_list args;

	va_start(args, format);
	vsnprintf(failure->text, sizeof(failure->text), format, args);
	va_end(args);
	length = strlen(failure->text);
	snprintf(failure->text + length, sizeof(failure->text) - length, ": %s", strerror(code));
	return -code;
}
