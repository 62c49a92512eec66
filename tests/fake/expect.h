/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests against files: what a program prints is compared with what is kept, or kept in its stead where VNET_UPDATE is
 * set. Results are lines of TAP, as tests/run reads them.
 */
#ifndef TESTS_FAKE_EXPECT_H
#define TESTS_FAKE_EXPECT_H

#include <stdbool.h>
#include <stdio.h>

struct expect {
	unsigned count, failed;
	bool update;
};

void expect_begin(struct expect *expect);
/* One result, with its name. */
void expect_that(struct expect *expect, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* One result, named after the file: its text equals. Else the first line that differs is shown. */
void expect_file(struct expect *expect, const char *path, const char *text);
/* The exit status. */
int expect_end(const struct expect *expect);

/* The whole file, to be freed; NULL: there is none. */
char *expect_read(const char *path);

#endif
