/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct error; texts that do not fit are cut, never overrun. */
#include "model/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *format, ...)
{
	char text[ERROR_TEXT_MAX]; /* the arguments may point into err */
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err->code = code;
	memcpy(err->text, text, strlen(text) + 1);
	return -code;
}

int error_add_context(struct error *err, const char *format, ...)
{
	char context[ERROR_TEXT_MAX];
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	used = strlen(context);
	if (used + 2 < sizeof(context))
		snprintf(context + used, sizeof(context) - used, ": %.*s",
			 (int)(sizeof(context) - used - 3), err->text);
	memcpy(err->text, context, strlen(context) + 1);
	return -err->code;
}
