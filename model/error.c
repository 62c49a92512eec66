/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct error; texts that do not fit are cut, never overrun. */
#include "model/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
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
	memcpy(err->text, context, sizeof(context));
	return -err->code;
}
