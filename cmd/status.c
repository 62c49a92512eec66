/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From errno to exit status, in one table. */
#include "cmd/status.h"

#include "model/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ANY 0

static const struct {
	enum phase phase;
	int code;
	enum exit_status status;
} rows[] = {
	{ PHASE_READ, EBADMSG, STATUS_INVALID },
	{ PHASE_READ, ENOMEM, STATUS_INTERNAL },
	{ PHASE_READ, ANY, STATUS_UNREADABLE },
	{ PHASE_IDENTITY, ANY, STATUS_CONFIG },
	{ PHASE_LOCK, EAGAIN, STATUS_LOCKED },
	{ PHASE_LOCK, EPERM, STATUS_NOT_PERMITTED },
	{ PHASE_LOCK, EACCES, STATUS_NOT_PERMITTED },
	{ PHASE_LOCK, EROFS, STATUS_NOT_PERMITTED },
	{ PHASE_LOCK, ANY, STATUS_FAILED },
	{ PHASE_PLAN, ELOOP, STATUS_INVALID },
	{ PHASE_PLAN, ANY, STATUS_INTERNAL },
	{ PHASE_LIVE, EPERM, STATUS_NOT_PERMITTED },
	{ PHASE_LIVE, EACCES, STATUS_NOT_PERMITTED },
	{ PHASE_LIVE, EOPNOTSUPP, STATUS_UNSUPPORTED },
	{ PHASE_LIVE, EPROTONOSUPPORT, STATUS_UNSUPPORTED },
	{ PHASE_LIVE, EAFNOSUPPORT, STATUS_UNSUPPORTED },
	{ PHASE_LIVE, ENOSYS, STATUS_UNSUPPORTED },
	{ PHASE_LIVE, ANY, STATUS_FAILED },
};

int status_of(enum phase phase, const struct error *err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].phase == phase && (rows[i].code == err->code || rows[i].code == ANY))
			return (int)rows[i].status;
	return STATUS_INTERNAL;
}

int status_print(enum phase phase, const struct error *err)
{
	const int status = status_of(phase, err);

	fprintf(stderr, "vnetapply: %s\n", err->text);
	/* Only where the kernel refuses: a key file that others can read needs another remedy. */
	if (status == STATUS_NOT_PERMITTED && phase == PHASE_LIVE &&
	    strstr(err->text, strerror(err->code)))
		fputs("  run it as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN\n", stderr);
	if (status == STATUS_INTERNAL)
		fputs("  this is a mistake of the program: please report it\n", stderr);
	return status;
}

int usage_error(const char *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("vnetapply: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	if (command)
		fprintf(stderr, "\n  see: vnetapply help %s\n", command);
	else
		fputs("\n  see: vnetapply help\n", stderr);
	return STATUS_USAGE;
}
