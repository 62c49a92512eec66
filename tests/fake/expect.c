/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fake/expect.h"

#include "model/cleanup.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void expect_begin(struct expect *expect)
{
	const char *update = getenv("VNET_UPDATE");

	*expect = (struct expect){ .update = update && *update };
}

void expect_that(struct expect *expect, bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %u - ", ok ? "ok" : "not ok", ++expect->count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	expect->failed += !ok;
}

char *expect_read(const char *path)
{
	AUTO_FILE FILE *file = fopen(path, "re");
	char *text;
	size_t length;

	if (!file || fseek(file, 0, SEEK_END))
		return NULL;
	length = (size_t)ftell(file);
	rewind(file);
	text = calloc(1, length + 1);
	if (text && fread(text, 1, length, file) != length)
		text[0] = '\0';
	return text;
}

static void show_difference(const char *path, const char *kept, const char *text)
{
	size_t at, start = 0;
	unsigned line = 1;

	for (at = 0; kept[at] && kept[at] == text[at]; at++) {
		if (kept[at] == '\n') {
			start = at + 1;
			line++;
		}
	}
	kept += start;
	text += start;
	printf("# %s:%u\n# expected: %.*s\n# printed:  %.*s\n", path, line,
	       (int)strcspn(kept, "\n"), kept, (int)strcspn(text, "\n"), text);
}

static bool write_file(const char *path, const char *text)
{
	AUTO_FILE FILE *file = fopen(path, "we");

	return file && fputs(text, file) != EOF && fflush(file) == 0;
}

void expect_file(struct expect *expect, const char *path, const char *text)
{
	AUTO_FREE char *kept = expect_read(path);
	bool same = kept && !strcmp(kept, text);

	if (!same && expect->update) {
		same = write_file(path, text);
		printf("# rewrote %s\n", path);
	} else if (!same) {
		show_difference(path, kept ? kept : "", text);
	}
	expect_that(expect, same, "%s", path);
}

int expect_end(const struct expect *expect)
{
	printf("1..%u\n", expect->count);
	return expect->failed != 0;
}
