/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ends may be of different versions: what goes over is words with numbers, and a word that is not known
 * is a descriptor that is left alone.
 */
#include "backends/tunnel/worker/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 256

static const struct {
	const char *word;
	size_t member;
	bool is_descriptor;
} members[] = {
	{ "listener", offsetof(struct replacement, listener), true },
	{ "client", offsetof(struct replacement, client), true },
	{ "tap", offsetof(struct replacement, descriptors.fds[DESCRIPTOR_TAP]), true },
	{ "v4", offsetof(struct replacement, descriptors.fds[DESCRIPTOR_SOCKETS + SOCKET_V4]),
	  true },
	{ "v6", offsetof(struct replacement, descriptors.fds[DESCRIPTOR_SOCKETS + SOCKET_V6]),
	  true },
	{ "plane", offsetof(struct replacement, plane_socket), true },
	{ "pid", offsetof(struct replacement, plane_pid), false },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static int *member_of(struct replacement *replacement, size_t i)
{
	return (int *)(void *)((char *)replacement + members[i].member);
}

/* Whether each of them is to be open in what is executed. */
static void descriptors_keep(struct replacement *replacement, bool keep)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].is_descriptor && *member_of(replacement, i) >= 0)
			(void)fcntl(*member_of(replacement, i), F_SETFD, keep ? 0 : FD_CLOEXEC);
}

int replace_exec(const char *program, const char *control, const char *name,
		 const struct replacement *replacement, struct failure *failure)
{
	struct replacement copy = *replacement;
	char text[TEXT_SIZE] = "";
	char *const arguments[] = {
		(char *)(uintptr_t)program,
		(char *)(uintptr_t) "--control",
		(char *)(uintptr_t)control,
		(char *)(uintptr_t) "--resume",
		text,
		name ? (char *)(uintptr_t) "--name" : NULL,
		(char *)(uintptr_t)name,
		NULL,
	};
	size_t length = 0;
	int code;

	for (size_t i = 0; i < MEMBERS; i++)
		if (*member_of(&copy, i) >= 0)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s=%d",
						   length ? "," : "", members[i].word,
						   *member_of(&copy, i));
	descriptors_keep(&copy, true);
	execv(program, arguments);
	code = errno;
	descriptors_keep(&copy, false);
	return failure_set_errno(failure, code, "%s", program);
}

static bool word_parse(char *word, struct replacement *ret)
{
	char *value = strchr(word, '='), *end;
	long number;

	if (!value)
		return false;
	*value++ = '\0';
	number = strtol(value, &end, 10);
	if (end == value || *end || number < 0 || number > INT32_MAX)
		return false;
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].word, word) == 0)
			*member_of(ret, i) = (int)number;
	return true;
}

bool replace_parse(const char *text, struct replacement *ret)
{
	char copy[TEXT_SIZE], *rest = copy, *word;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return false;
	*ret = (struct replacement)REPLACEMENT_NONE;
	while ((word = strsep(&rest, ",")))
		if (!word_parse(word, ret))
			return false;
	descriptors_keep(ret, false);
	return ret->listener >= 0;
}
